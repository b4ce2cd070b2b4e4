// Named families of tasks in configurations, identities and sweeps.
#include <gtest/gtest.h>

#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/sweep/grid.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/runs.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

std::string const definitions =
    "[family.heavy]\ntask.noise = student\ntask.degrees = 3\n"
    "[family.long]\ntask.points = 200\n[family.unused]\ntask.dim = 7\n";

Settings parsed(std::string const& ini, std::vector<std::string> const& arguments = {}) {
  return parse_settings(definitions + ini, "test.ini", arguments);
}

std::string problems_of(std::string const& ini, std::vector<std::string> const& arguments = {}) {
  return joined(parse_configuration(ini, "test.ini", arguments).problems, "\n");
}

TEST(Families, OneName_ItsValuesOverThoseOfTask) {
  Settings const settings = parsed("[task]\nfamily = heavy\ndim = 4\ndegrees = 9\n");
  EXPECT_EQ(settings.task.noise, NoiseKind::student);
  EXPECT_EQ(settings.task.degrees, 3);
  EXPECT_EQ(settings.task.dim.low, 4);
  EXPECT_TRUE(settings.task.families.empty());
  EXPECT_EQ(family_names(settings.task), std::vector<std::string>{"heavy"});
}

TEST(Families, NoName_DefinitionsCountForNothing) {
  EXPECT_EQ(training_identity(parsed("")), training_identity(Settings{}));
  EXPECT_EQ(configuration_text(parsed("")), configuration_text(Settings{}));
}

TEST(Families, SeveralNames_EachTaskIsOfOne) {
  Settings const settings = parsed("[task]\nfamily = heavy, long\npoints = 40\n");
  ASSERT_EQ(n_families(settings.task), 2);
  EXPECT_EQ(family_of(settings.task, 0).noise, NoiseKind::student);
  EXPECT_EQ(family_of(settings.task, 0).points, (Range<int>{40, 40}));
  EXPECT_EQ(family_of(settings.task, 1).noise, NoiseKind::gaussian);
  EXPECT_EQ(family_of(settings.task, 1).points, (Range<int>{200, 200}));
  EXPECT_EQ(settings.task.points, (Range<int>{40, 200})) << "the model's room covers both";
  EXPECT_EQ(settings.task.dim, (Range<int>{2, 2}));
}

TEST(Families, CommandLine_DefinesAndReplaces) {
  Settings const settings = parsed("[task]\nfamily = heavy\n", {"--family.heavy.task.degrees", "4",
                                                                "--family.new.task.outliers=0.2",
                                                                "--task.family", "heavy, new"});
  EXPECT_EQ(family_of(settings.task, 0).degrees, 4);
  EXPECT_EQ(family_of(settings.task, 0).noise, NoiseKind::student);
  EXPECT_EQ(family_of(settings.task, 1).outliers, 0.2);
}

TEST(Families, Text_ReadsBackAsTheSame) {
  for (auto const* const names : {"heavy", "heavy, long"}) {
    Settings const settings = parsed(fmt::format("[task]\nfamily = {}\npoints = 40\n", names));
    std::string const text = configuration_text(settings);
    Settings const back = parse_settings(text, "stored", {});
    EXPECT_EQ(configuration_text(back), text);
    EXPECT_EQ(training_identity(back), training_identity(settings));
    EXPECT_EQ(evaluation_identity(back), evaluation_identity(settings));
    EXPECT_EQ(n_families(back.task), n_families(settings.task));
    EXPECT_EQ(text.find("unused"), std::string::npos);
  }
}

TEST(Families, WhatTheySay_IsOfTheTrainingsIdentity) {
  std::string const task = "[task]\nfamily = heavy, long\n";
  Settings const settings = parsed(task);
  Settings const other = parsed(task, {"--family.long.task.points", "201"});
  EXPECT_NE(training_identity(settings), training_identity(other));
  EXPECT_EQ(training_differences(settings, other),
            (std::vector<std::string>{"task.points: 50..200 there, 50..201 asked for",
                                      "family.long.task.points: 200 there, 201 asked for"}));
  Settings const further = parsed(task, {"--family.long.task.sigma", "2"});
  EXPECT_EQ(training_differences(settings, further),
            (std::vector<std::string>{"family.long.task.sigma: nothing there, 2 asked for"}));
  EXPECT_TRUE(training_differences(settings, parsed(task)).empty());
}

TEST(Families, WhatIsWrong_IsSaidWithTheFamily) {
  struct Case {
    std::string ini, words;
  };
  for (auto const& [ini, words] : {
           Case{"[task]\nfamily = heavi\n[family.heavy]\ntask.noise = student\n",
                "no section [family.heavi]; the families are heavy"},
           Case{"[task]\nfamily = heavy\n", "the configuration defines no family"},
           Case{"[family.a]\ntask.nois = student\n", "nearest known one is task.noise"},
           Case{"[family.a]\ntask.noise = cauchy\n", "family a: task.noise = \"cauchy\""},
           Case{"[family.a]\nmodel.layers = 3\n", "says nothing of a task"},
           Case{"[family.a]\ntask.family = a\n", "says nothing of a task"},
           Case{"[family.a]\ntask.pool = 3\n", "task.pool says nothing of a task"},
           Case{"[family.a b]\ntask.dim = 3\n", "letters, digits, _ and -"},
           Case{"[family.a]\ntask.dim = 3\n[task]\nfamily = a, a\n", "task.family"},
       })
    EXPECT_NE(problems_of(ini).find(words), std::string::npos) << ini << problems_of(ini);
  EXPECT_EQ(problems_of(definitions), "");
}

Sweep swept(std::string const& section, std::string const& settings = "") {
  std::vector<std::string> problems;
  Sweep sweep = parse_sweep(definitions + settings + "[sweep]\n" + section, "s.ini", {}, problems);
  for (auto const& problem : problems) ADD_FAILURE() << problem;
  return sweep;
}

TEST(FamiliesInSweeps, OfTheEvaluation_OneTraining) {
  Sweep const sweep = swept("evaluate.task.family = none, heavy, long\n",
                            "[eval]\nestimators = transformer, em, bayes\n");
  auto const [runs, cells] = runs_of(sweep);
  ASSERT_EQ(runs.size(), 4u) << "three sets of baselines, one training";
  ASSERT_EQ(runs[3].evaluations.size(), 2u) << "none are the tasks of the training";
  EXPECT_EQ(runs[3].evaluations[0].settings.task.noise, NoiseKind::student);
  EXPECT_EQ(runs[3].evaluations[1].settings.task.points.low, 200);
  EXPECT_EQ(runs[2].settings.task.points.low, 200);
  EXPECT_EQ(runs[1].text(), "evaluate.task.family = heavy");
}

TEST(FamiliesInSweeps, OfTheTraining_OneEach) {
  auto const runs =
      runs_of(swept("task.family = heavy, long\n", "[eval]\nestimators = transformer\n")).runs;
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].settings.task.noise, NoiseKind::student);
  EXPECT_NE(runs[0].identity, runs[1].identity);
}

TEST(FamiliesInSweeps, AnEstimatorThatDoesNotSuit_IsLeftOut) {
  std::string const ini = definitions +
                          "[family.full]\ntask.covariance = full\n"
                          "[eval]\nestimators = em, em:known=variance, em:start=given, bayes\n";
  std::vector<std::string> problems;
  SweepPlan const plan = plan_sweep(
      ini + "[input]\ninit = random\n[sweep]\ntask.family = heavy, full\n", "s.ini", {}, problems);
  EXPECT_EQ(joined(problems, "\n"), "");
  ASSERT_EQ(plan.runs.size(), 2u);
  EXPECT_EQ(plan.runs[0].settings.eval.estimators,
            (std::vector<std::string>{"em", "em:known=variance", "em:start=given", "bayes"}));
  EXPECT_EQ(plan.runs[1].settings.eval.estimators,
            (std::vector<std::string>{"em", "em:start=given", "bayes"}));
  ASSERT_EQ(notes_of(plan).size(), 1u);
  EXPECT_NE(notes_of(plan)[0].find("\"em:known=variance\" is left out of 1 of the 2 cells"),
            std::string::npos)
      << notes_of(plan)[0];
  plan_sweep(ini + "[sweep]\ntask.family = heavy, full\n", "s.ini", {}, problems);
  ASSERT_EQ(problems.size(), 1u) << "a guess that is nowhere is a mistake";
  EXPECT_NE(problems[0].find("\"em:start=given\" suits the tasks and the guess of none of the 2"),
            std::string::npos)
      << problems[0];
}

TEST(FamiliesInSweeps, AKeyOfAFamily_IsNoAxis) {
  std::vector<std::string> problems;
  parse_sweep(definitions + "[sweep]\nfamily.heavy.task.degrees = 3, 4\n", "s.ini", {}, problems);
  EXPECT_FALSE(problems.empty());
}

TEST(SweepText, WithFamilies_ReadsBack) {
  Sweep const sweep = swept("evaluate.task.family = none, heavy, long\n");
  std::vector<std::string> problems;
  Sweep const back = parse_sweep(sweep_text(sweep), "sweep.ini", {}, problems);
  EXPECT_EQ(joined(problems, "\n"), "");
  for (std::size_t cell = 0; cell < sweep.cells.size(); ++cell)
    EXPECT_EQ(evaluation_identity(back.evaluation_of(cell)),
              evaluation_identity(sweep.evaluation_of(cell)));
}

}  // namespace
}  // namespace tvem
