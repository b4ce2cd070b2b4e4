#include "tvem/io/sweep.hpp"

#include <set>

#include <gtest/gtest.h>

#include "tvem/io/config.hpp"
#include "tvem/io/identity.hpp"

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
  ASSERT_EQ(sweep.runs.size(), 12u);
  EXPECT_EQ(sweep.text_of(0), "model.layers = 1, run.seed = 4, task.means = sphere");
  EXPECT_EQ(sweep.text_of(1), "model.layers = 1, run.seed = 4, task.means = uniform");
  EXPECT_EQ(sweep.text_of(11), "model.layers = 2, run.seed = 6, task.means = uniform");
  Settings const settings = sweep.settings_of(11);
  EXPECT_EQ(settings.model.layers, 2);
  EXPECT_EQ(settings.run.seed, 6u);
  EXPECT_EQ(settings.task.means, MeansKind::uniform);
  std::set<std::string> ids;
  for (std::size_t run = 0; run < 12; ++run) ids.insert(run_id(sweep.settings_of(run)));
  EXPECT_EQ(ids.size(), 12u) << "every run has a folder of its own";
}

TEST(ParseSweep, KeysThatChangeTogether_OneAxis) {
  Sweep const sweep = read("model.width & model.heads = 16 & 2, 32 & 4\nrun.seed = 1, 2\n");
  ASSERT_EQ(sweep.runs.size(), 4u);
  EXPECT_EQ(sweep.text_of(2), "model.width = 32, model.heads = 4, run.seed = 1");
}

TEST(ParseSweep, RangesOfAKeyThatDrawsFromThem_OneValueEach) {
  Sweep const sweep = read("task.points = 20..40, 100..200, 50\n");
  ASSERT_EQ(sweep.runs.size(), 3u);
  EXPECT_EQ(sweep.settings_of(1).task.points, (Range<int>{100, 200}));
  EXPECT_NE(problems_of("task.components = 2..5\n").find("list the values"), std::string::npos);
}

TEST(ParseSweep, Skip_LeavesOutWhatHolds) {
  std::string const axes = "model.layers = 1, 2, 4\ntask.means = sphere, uniform\n";
  EXPECT_EQ(read(axes + "skip = model.layers > 2\n").runs.size(), 4u);
  EXPECT_EQ(read(axes + "skip = model.layers >= 2 and task.means = sphere\n").runs.size(), 4u);
  EXPECT_EQ(read(axes + "skip = model.layers = 4 or task.means != uniform\n").runs.size(), 2u);
  EXPECT_EQ(read(axes + "skip = model.layers < 2 and task.means = uniform or model.layers <= 1\n")
                .runs.size(),
            4u);
}

TEST(ParseSweep, CommandLine_ReplacesAndAdds) {
  std::vector<std::string> const arguments{"--sweep.model.layers", "7, 8", "--sweep.run.seed=1..4",
                                           "--task.dim", "3"};
  Sweep const sweep = read("model.layers = 1, 2, 4\n", arguments);
  EXPECT_EQ(sweep.runs.size(), 8u);
  EXPECT_EQ(sweep.settings_of(0).model.layers, 7);
  EXPECT_EQ(sweep.base.task.dim.low, 3);
  EXPECT_EQ(sweep.axes[0].keys[0], "model.layers") << "in its place";
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
           Case{"run.seed = 5..1\n", "no range"},
           Case{"run.seed = 1..1000000000\n", "no range of 1 to 100000"},
           Case{"run.seed = 1..1000\nmodel.layers = 1..200\n", "more than 100000 runs"},
           Case{"em.restarts = 1, 2\n", "eval.estimators"},
           Case{"train.checkpoint_every = 1, 2\n", "does not change a training"},
           Case{"model.width & model.heads = 16, 32\n", "1 values for 2 keys"},
           Case{"run.seed = 1, 2\nrun.seed & model.layers = 1 & 2\n", "in two axes"},
           Case{"run.seed = 1, 2\nrun.seed = 3\n", "given twice"},
           Case{"run.seed = 1, 2\nskip = model.layers > 2\n", "no axis"},
           Case{"run.seed = 1, 2\nskip = run.seed\n", "no comparison"},
           Case{"run.seed = 1, 2\nskip = run.seed > two\n", "compares with no number"},
           Case{"run.seed = 1, 2\nskip = run.seed > 0\n", "leaves out every run"},
           Case{"", "no axis"},
       })
    EXPECT_NE(problems_of(section).find(words), std::string::npos)
        << section << problems_of(section);
  std::vector<std::string> problems;
  parse_configuration("[sweep]\nmodel.layers = 1, 2\n", "s.ini", {}, problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("tvem sweep"), std::string::npos);
}

TEST(SweepText, ReadBack_TheSameSweep) {
  Sweep const sweep = read(
      "model.width & model.heads = 16 & 2, 32 & 4\nrun.seed = 1..5\ntask.points = 20..40, 50\n"
      "skip = run.seed > 3 and model.heads = 2\n");
  std::vector<std::string> problems;
  Sweep const back = parse_sweep(sweep_text(sweep), "sweep.ini", {}, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(back.runs, sweep.runs);
  for (std::size_t run = 0; run < sweep.runs.size(); ++run) {
    EXPECT_EQ(back.text_of(run), sweep.text_of(run));
    EXPECT_EQ(run_id(back.settings_of(run)), run_id(sweep.settings_of(run)));
  }
}

}  // namespace
}  // namespace tvem
