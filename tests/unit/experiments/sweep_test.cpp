#include <set>

#include <gtest/gtest.h>

#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/sweep/grid.hpp"
#include "experiments/sweep/runs.hpp"

namespace tvem {
namespace {

Sweep read(std::string const& section, std::vector<std::string> const& arguments = {}) {
  std::vector<std::string> problems;
  Sweep sweep =
      parse_sweep("[model]\nlayers = 3\n[sweep]\n" + section, "s.ini", arguments, problems);
  for (auto const& problem : problems) ADD_FAILURE() << problem;
  return sweep;
}

std::string problems_of(std::string const& section,
                        std::vector<std::string> const& arguments = {}) {
  std::vector<std::string> problems;
  parse_sweep("[sweep]\n" + section, "s.ini", arguments, problems);
  std::string all;
  for (auto const& problem : problems) all += problem + "\n";
  return all;
}

TEST(ParseSweep, Axes_AreCrossedAndTheLastChangesFastest) {
  Sweep const sweep = read("model.layers = 1, 2\nrun.seed = 4..6\ntask.means = sphere, uniform\n");
  ASSERT_EQ(sweep.axes.size(), 3u);
  ASSERT_EQ(sweep.cells.size(), 12u);
  EXPECT_EQ(sweep.text_of(0), "model.layers = 1, run.seed = 4, task.means = sphere");
  EXPECT_EQ(sweep.text_of(1), "model.layers = 1, run.seed = 4, task.means = uniform");
  EXPECT_EQ(sweep.text_of(11), "model.layers = 2, run.seed = 6, task.means = uniform");
  Settings const settings = sweep.training_of(11);
  EXPECT_EQ(settings.model.layers, 2);
  EXPECT_EQ(settings.run.seed, 6u);
  EXPECT_EQ(settings.task.means, MeansKind::uniform);
  std::set<std::string> ids;
  for (std::size_t run = 0; run < 12; ++run) ids.insert(run_id(sweep.training_of(run)));
  EXPECT_EQ(ids.size(), 12u) << "every run has a folder of its own";
}

TEST(ParseSweep, KeysThatChangeTogether_OneAxis) {
  Sweep const sweep = read("model.width & model.heads = 16 & 2, 32 & 4\nrun.seed = 1, 2\n");
  ASSERT_EQ(sweep.cells.size(), 4u);
  EXPECT_EQ(sweep.text_of(2), "model.width = 32, model.heads = 4, run.seed = 1");
}

TEST(ParseSweep, RangesOfAKeyThatDrawsFromThem_OneValueEach) {
  Sweep const sweep = read("task.points = 20..40, 100..200, 50\n");
  ASSERT_EQ(sweep.cells.size(), 3u);
  EXPECT_EQ(sweep.training_of(1).task.points, (Range<int>{100, 200}));
  EXPECT_NE(problems_of("task.components = 2..5\n").find("list the values"), std::string::npos);
}

TEST(ParseSweep, Skip_LeavesOutWhatHolds) {
  std::string const axes = "model.layers = 1, 2, 4\ntask.means = sphere, uniform\n";
  EXPECT_EQ(read(axes + "skip = model.layers > 2\n").cells.size(), 4u);
  EXPECT_EQ(read(axes + "skip = model.layers >= 2 and task.means = sphere\n").cells.size(), 4u);
  EXPECT_EQ(read(axes + "skip = model.layers = 4 or task.means != uniform\n").cells.size(), 2u);
  EXPECT_EQ(read(axes + "skip = model.layers < 2 and task.means = uniform or model.layers <= 1\n")
                .cells.size(),
            4u);
}

TEST(ParseSweep, CommandLine_ReplacesAndAdds) {
  std::vector<std::string> const arguments{"--sweep.model.layers", "7, 8", "--sweep.run.seed=1..4",
                                           "--task.dim", "3"};
  Sweep const sweep = read("model.layers = 1, 2, 4\n", arguments);
  EXPECT_EQ(sweep.cells.size(), 8u);
  EXPECT_EQ(sweep.training_of(0).model.layers, 7);
  EXPECT_EQ(sweep.base.task.dim.low, 3);
  EXPECT_EQ(sweep.axes[0].keys[0].name, "model.layers") << "in its place";
}

TEST(ParseSweep, WhatIsWrong_IsSaidWithTheAxis) {
  struct Case {
    char const *section, *words;
  };
  for (auto const& [section, words] : {
           Case{"model.layer = 1, 2\n", "nearest known one is model.layers"},
           Case{"model.layers =\n", "the list of values is empty"},
           Case{"model.layers = 1,, 2\n", "a value is missing"},
           Case{"model.layers = 1, many\n", "\"many\" is not accepted; it is an integer"},
           Case{"model.layers = 1, 1\n", "\"1\" is there twice"},
           Case{"model.layers = 1, 01\n", "\"01\" is there twice"},
           Case{"run.seed = 5..1\n", "not a range"},
           Case{"run.seed = 1..1000000000\n", "not a range of 1 to 100000"},
           Case{"run.seed = 1..1000\nmodel.layers = 1..200\n", "more than 100000 runs"},
           Case{"eval.estimators = em, lloyd\n", "list them in eval.estimators"},
           Case{"train.checkpoint_every = 1, 2\n", "neither a training nor an evaluation"},
           Case{"evaluate.model.layers = 1, 2\n", "is of the training"},
           Case{"evaluate.task.pool = 1, 2\n", "is of the training"},
           Case{"evaluate.em.restarts = 1, 2\n", "leave \"evaluate.\" away"},
           Case{"evaluate.task.point = 1, 2\n", "nearest known one is task.points"},
           Case{"model.width & model.heads = 16, 32\n", "1 values for 2 keys"},
           Case{"run.seed = 1, 2\nrun.seed & model.layers = 1 & 2\n", "in two axes"},
           Case{"run.seed = 1, 2\nrun.seed = 3\n", "given twice"},
           Case{"run.seed = 1, 2\nskip = model.layers > 2\n", "not an axis"},
           Case{"run.seed = 1, 2\nskip = run.seed\n", "not a comparison"},
           Case{"run.seed = 1, 2\nskip = run.seed > two\n", "compares with no number"},
           Case{"run.seed = 1, 2\nskip = run.seed > 0\n", "leaves out every run"},
           Case{"run.seed = 1, 2\nskip = run.seed = 3\n", "\"3\" is not a value of the axis"},
           Case{"run.seed = 1, 2\nskip = run.seed = 1 AND run.seed = 2\n",
                "not a value of the axis"},
           Case{"run.seed = 1, 2\nmodel.layers = 1, 2\nskip = run.seed = 1, model.layers = 2\n",
                "not a value of the axis"},
           Case{"task.noise = gaussian, student\nskip = task.noise = studnt\n",
                "not a value of the axis"},
           Case{"task.noise = gaussian, student\nskip = task.noise < 2\n", "not all values"},
           Case{"", "no axis"},
       })
    EXPECT_NE(problems_of(section).find(words), std::string::npos)
        << section << problems_of(section);
  std::vector<std::string> const problems =
      parse_configuration("[sweep]\nmodel.layers = 1, 2\n", "s.ini", {}).problems;
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("tvem sweep"), std::string::npos);
}

/// A sweep of these estimators.
Sweep sweep_of(std::string const& estimators, std::string const& section,
               std::string const& settings = "") {
  std::vector<std::string> problems;
  Sweep sweep =
      parse_sweep("[eval]\nestimators = " + estimators + "\n" + settings + "[sweep]\n" + section,
                  "s.ini", {}, problems);
  for (auto const& problem : problems) ADD_FAILURE() << problem;
  return sweep;
}

std::vector<SweepRun> runs_in(Sweep const& sweep) { return runs_of(sweep).runs; }

/// The file of the model's results, or of the baselines, that each cell of a sweep reads.
std::vector<std::string> model_files(Sweep const& sweep) {
  auto const [runs, cells] = runs_of(sweep);
  std::vector<std::string> files;
  for (SweepCell const& cell : cells) {
    SweepRun const& run = runs[cell.training.value()];
    files.push_back(cell.evaluation ? run.evaluations[*cell.evaluation].file.string()
                                    : run.id + "/run.h5");
  }
  return files;
}
std::vector<std::string> baselines_files(Sweep const& sweep) {
  auto const [runs, cells] = runs_of(sweep);
  std::vector<std::string> files;
  for (SweepCell const& cell : cells)
    files.push_back(runs[cell.baselines.value()].evaluations[0].file.string());
  return files;
}

TEST(RunsOf, BaselinesOnceForEachDistributionOfTasks) {
  Sweep const sweep = sweep_of("transformer, em, bayes",
                               "model.layers = 1, 2\ntask.separation = 1, 3\nrun.seed = 1, 2\n");
  auto const [runs, cells] = runs_of(sweep);
  ASSERT_EQ(runs.size(), 10u);
  std::set<std::string> ids;
  for (SweepRun const& run : runs) ids.insert(run.id);
  EXPECT_EQ(ids.size(), 10u);
  EXPECT_EQ(runs[0].text(), "task.separation = 1");
  EXPECT_EQ(runs[1].text(), "task.separation = 3");
  EXPECT_EQ(runs[2].text(), "model.layers = 1, task.separation = 1, run.seed = 1");
  ASSERT_EQ(cells.size(), sweep.cells.size());
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    SweepRun const& training = runs[cells[cell].training.value()];
    SweepRun const& baselines = runs[cells[cell].baselines.value()];
    EXPECT_TRUE(training.is_training);
    EXPECT_FALSE(baselines.is_training);
    EXPECT_EQ(training.settings.eval.estimators, std::vector<std::string>{"transformer"});
    EXPECT_EQ(baselines.settings.eval.estimators, (std::vector<std::string>{"em", "bayes"}));
    EXPECT_EQ(training.id, run_id(sweep.training_of(cell))) << "the same training as of tvem run";
    EXPECT_EQ(training.identity, training_identity(sweep.training_of(cell)));
    EXPECT_EQ(training.baselines_file, baselines.evaluations[0].file);
    EXPECT_FALSE(cells[cell].evaluation) << "the results are in run.h5";
  }
}

TEST(RunsOf, Baselines_HaveTheFirstDefaultsOfWhatTheyDoNotRead) {
  Settings const baselines = baselines_beside(sweep_of("em", "run.seed = 1, 2\n"), Settings{});
  EXPECT_EQ(baselines.input.frame, first_settings().input.frame);
  EXPECT_EQ(baselines.train.optimizer, first_settings().train.optimizer);
}

TEST(RunsOf, ANewEstimator_RetrainsNothing) {
  std::string const axes = "model.layers = 1, 2\n";
  Sweep const before = sweep_of("transformer, em", axes);
  Sweep const after = sweep_of("transformer, em, lloyd", axes);
  EXPECT_EQ(model_files(before), model_files(after));
  auto const runs_before = runs_in(before), runs_after = runs_in(after);
  ASSERT_EQ(runs_before.size(), runs_after.size());
  for (std::size_t i = 0; i < runs_before.size(); ++i)
    EXPECT_EQ(
        evaluation_identity(runs_before[i].settings) == evaluation_identity(runs_after[i].settings),
        runs_before[i].is_training);
  for (std::size_t cell = 0; cell < 2; ++cell)
    EXPECT_NE(baselines_files(before)[cell], baselines_files(after)[cell]);
}

TEST(RunsOf, AxesOfTheEvaluation_TrainOnce) {
  Sweep const sweep =
      sweep_of("transformer, em", "evaluate.task.points = 50, 20, 90\nrun.seed = 1, 2\n");
  auto const [runs, cells] = runs_of(sweep);
  ASSERT_EQ(runs.size(), 5u) << "three sets of baselines, two trainings";
  EXPECT_EQ(runs[3].evaluations.size(), 2u) << "50 points are those of the training";
  EXPECT_EQ(runs[3].evaluations[0].settings.task.points.low, 20);
  EXPECT_EQ(sweep.training_of(2).task.points.low, 50);
  EXPECT_EQ(sweep.evaluation_of(2).task.points.low, 20);
  EXPECT_EQ(cells[0].training, cells[2].training);
  EXPECT_NE(cells[0].training, cells[1].training);
  EXPECT_NE(model_files(sweep)[0], model_files(sweep)[2]);
}

TEST(RunsOf, KeysOfEm_ConcernTheModelOnlyWhereItReadsThem) {
  std::string const axis = "em.max_iterations = 1, 5\n";
  auto const plain = runs_in(sweep_of("transformer, em", axis));
  ASSERT_EQ(plain.size(), 3u);
  EXPECT_TRUE(plain[2].evaluations.empty());
  auto const with_both = runs_in(sweep_of("transformer, transformer+em, em", axis));
  ASSERT_EQ(with_both.size(), 3u);
  EXPECT_EQ(with_both[2].evaluations.size(), 2u);
}

TEST(RunsOf, WithoutTheModel_NoTraining) {
  auto const [runs, cells] =
      runs_of(sweep_of("em, lloyd", "em.restarts = 1, 5\ntask.points = 20, 50\n"));
  ASSERT_EQ(runs.size(), 4u);
  for (SweepRun const& run : runs) EXPECT_FALSE(run.is_training);
  for (SweepCell const& cell : cells) EXPECT_FALSE(cell.training);
  EXPECT_EQ(runs_in(sweep_of("transformer", "task.points = 20, 50\n")).size(), 2u);
}

TEST(RunsOf, AGuessThatIsNotThere_IsLeftToTheProblemsWhereItIsNoAxis) {
  Sweep const sweep = sweep_of("em, bayes", "run.seed = 1, 2\n", "[em]\nstart = given\n");
  EXPECT_EQ(runs_in(sweep)[0].settings.eval.estimators, (std::vector<std::string>{"em", "bayes"}));
  Sweep const swept =
      sweep_of("em, bayes", "em.start = random, given\ninput.init = none, random\n");
  auto const [runs, cells] = runs_of(swept);
  EXPECT_EQ(runs[cells[2].baselines.value()].settings.eval.estimators,
            std::vector<std::string>{"bayes"})
      << "bayes has no start";
}

TEST(RunsOf, BaselinesOfATraining_TheTermsOfTheBase) {
  Sweep const sweep =
      sweep_of("transformer, em", "em.restarts = 10, 1\nevaluate.task.points = 25, 50\n");
  SweepRun const training = runs_in(sweep).back();
  ASSERT_TRUE(training.is_training);
  EXPECT_EQ(training.baselines_file, baselines_files(sweep)[3]);
  EXPECT_NE(training.baselines_file, baselines_files(sweep)[training.cell]);
}

TEST(ParseSweep, TheBaseIsNoRun_ItsContradictionsAreNone) {
  EXPECT_EQ(problems_of("model.width = 6, 12\n[model]\nheads = 3\n"), "");
}

TEST(RunsOf, TheGuess_CountsWhereAnEstimatorStartsFromIt) {
  std::string const axis =
      "input.init & input.corruption = corrupted & 0.1, corrupted & 0.3, none & 1\n";
  EXPECT_EQ(runs_in(sweep_of("em", axis)).size(), 1u);
  Sweep const sweep = sweep_of("em, em:start=given", axis);
  auto const [runs, cells] = runs_of(sweep);
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[cells[1].baselines.value()].settings.input.corruption, 0.3);
  EXPECT_EQ(runs[cells[2].baselines.value()].settings.eval.estimators,
            std::vector<std::string>{"em"})
      << "there is no guess to start from";
}

TEST(SweepText, ReadBack_TheSameSweep) {
  Sweep const sweep = read(
      "model.width & model.heads = 16 & 2, 32 & 4\nrun.seed = 1..5\ntask.points = 20..40, 50\n"
      "skip = run.seed > 3 and model.heads = 2\nevaluate.task.noise = gaussian, laplace\n");
  std::vector<std::string> problems;
  Sweep const back = parse_sweep(sweep_text(sweep), "sweep.ini", {}, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(back.cells, sweep.cells);
  for (std::size_t run = 0; run < sweep.cells.size(); ++run) {
    EXPECT_EQ(back.text_of(run), sweep.text_of(run));
    EXPECT_EQ(run_id(back.training_of(run)), run_id(sweep.training_of(run)));
  }
}

}  // namespace
}  // namespace tvem
