#include "experiments/sweep/plan.hpp"

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

SweepPlan planned(std::string const& ini, std::vector<std::string>& problems) {
  return plan_sweep(ini, "s.ini", {}, problems);
}

SweepPlan planned(std::string const& ini) {
  std::vector<std::string> problems;
  SweepPlan plan = planned(ini, problems);
  EXPECT_EQ(joined(problems, "\n"), "");
  return plan;
}

std::string const ini =
    "[eval]\nestimators = transformer, em\n[sweep]\nmodel.layers = 1, 2\n"
    "evaluate.task.points = 50, 20\n";

TEST(PlanSweep, Lists_ARunALineInTheOrderOfTheirPlaces) {
  SweepPlan const plan = planned(ini);
  ASSERT_EQ(plan.runs.size(), 4u);
  auto const lines = split(list_of(plan), '\n');
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], fmt::format("     0  {}  evaluate.task.points = 50", plan.runs[0].id));
  EXPECT_EQ(lines[2],
            fmt::format("     2  {}  model.layers = 1, further evaluations: 1", plan.runs[2].id));
  auto const rows = split(tsv_of(plan), '\n');
  EXPECT_EQ(rows[0], "index\tid\tmodel.layers\tevaluate.task.points");
  EXPECT_EQ(rows[2], fmt::format("1\t{}\t\t20", plan.runs[1].id));
  EXPECT_EQ(rows[3], fmt::format("2\t{}\t1\t", plan.runs[2].id));
}

TEST(PlanSweep, OneRun_KeepsItsPlaceAmongAll) {
  SweepPlan plan = planned(ini);
  std::string const id = plan.runs[3].id;
  keep_run(plan, "3");
  ASSERT_EQ(plan.runs.size(), 1u);
  EXPECT_EQ(plan.runs[0].id, id);
  EXPECT_EQ(plan.first, 3u);
  EXPECT_EQ(plan.n_runs, 4u);
  EXPECT_THROW(keep_run(plan, "4"), ConfigurationError);
}

TEST(PlaceIn, WhatIsNoPlace_IsRefused) {
  EXPECT_EQ(place_in("0", 3), 0u);
  EXPECT_EQ(place_in("2", 3), 2u);
  for (auto const* const index : {"3", "-1", "", "one", "1.5", " 1"})
    EXPECT_THROW(place_in(index, 3), ConfigurationError) << index;
}

TEST(PlanSweep, ProblemsOfRuns_EachOnceWithItsRun) {
  std::vector<std::string> problems;
  planned("[sweep]\nmodel.heads = 3, 5\nrun.seed = 1, 2, 3\n[model]\nwidth = 32\n", problems);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_NE(problems[0].find("(model.heads = 3, run.seed = 1): model.width = 32"),
            std::string::npos)
      << problems[0];
}

TEST(NotesOf, AKeyThatNoPartOfARunReads_Once) {
  SweepPlan const plan = planned(
      "[task]\ndegrees = 9\n[eval]\nestimators = transformer, em\n[sweep]\nrun.seed = 1, 2\n");
  auto const notes = notes_of(plan);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("task.degrees"), std::string::npos) << notes[0];
}

}  // namespace
}  // namespace tvem
