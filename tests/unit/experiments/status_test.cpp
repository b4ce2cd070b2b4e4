// What is said of the state of runs and sweeps.
#include "experiments/run/status.hpp"

#include <cmath>

#include "experiments/run/failure.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/sweep/grid.hpp"
#include "experiments/sweep/runs.hpp"
#include "experiments/sweep/status_text.hpp"
#include "framework/core/text.hpp"
#include "io/run_file.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

class Status : public test::TemporaryFolder {
 protected:
  /// run.h5 of a training of 9 steps that is so far; its evaluation is that of `settings`.
  static void write_run(fs::path const& run, Settings const& settings, std::int64_t steps_done) {
    RunRecord record = some_run();
    record.header.config_text = configuration_text(settings);
    record.training_identity = training_identity(settings);
    record.evaluation_identity = evaluation_identity(settings);
    record.steps_done = steps_done;
    record.steps.clear();
    for (std::int64_t step = 0; step < steps_done; ++step) record.steps.push_back({.step = step});
    std::erase_if(record.learning_curve,
                  [=](auto const& point) { return point.step > steps_done; });
    record.training_seconds = 120;
    if (steps_done < record.steps_total) record.evaluation.reset();
    fs::create_directories(run);
    write_run_file(run / "run.h5", record);
  }

  static Settings nine_steps() { return parse_settings("[train]\nsteps = 9\n", "", {}); }
};

TEST_F(Status, NoFolder_Missing) {
  RunStatus const status = status_of_run(folder / "none", nine_steps());
  EXPECT_EQ(status.state, RunState::missing);
  EXPECT_EQ(status_of_one("a", status).text, "missing     a\n");
  EXPECT_FALSE(status_of_one("a", status).are_all_finished);
}

TEST_F(Status, AmidTheTraining_StepsAndTimeLeft) {
  write_run(folder / "run", nine_steps(), 7);
  RunStatus const status = status_of_run(folder / "run", nine_steps());
  EXPECT_EQ(status.state, RunState::unfinished);
  EXPECT_NEAR(status.seconds_left(), 120 * 2 / 7.0, 1e-9);
  StatusText const said = status_of_one("a", status);
  EXPECT_TRUE(said.text.starts_with("unfinished  a: step 7 of 9, ")) << said.text;
  EXPECT_NE(said.text.find("of training left"), std::string::npos) << said.text;
  EXPECT_EQ(said.tsv,
            "run\tstate\tsteps_done\tsteps\tevaluations_done\tevaluations\n"
            "a\tunfinished\t7\t9\t0\t1\n");
}

TEST_F(Status, Evaluated_FinishedAsAskedForAlone) {
  Settings const settings = nine_steps();
  write_run(folder / "run", settings, 9);
  RunStatus const status = status_of_run(folder / "run", settings);
  EXPECT_EQ(status.state, RunState::finished);
  EXPECT_TRUE(status_of_one("a", status).are_all_finished);
  EXPECT_EQ(status_of_one("a", status).text, "finished    a\n");
  Settings more = settings;
  more.eval.tasks = 99;
  EXPECT_EQ(status_of_run(folder / "run", more).state, RunState::unfinished);
  EXPECT_EQ(status_of_one("a", status_of_run(folder / "run", more)).text,
            "unfinished  a: step 9 of 9, not evaluated\n");
}

TEST_F(Status, Failed_WithItsMessage) {
  write_run(folder / "run", nine_steps(), 7);
  try_to_record_failure(folder / "run", "the training diverged");
  RunStatus const status = status_of_run(folder / "run", nine_steps());
  EXPECT_EQ(status.state, RunState::failed);
  EXPECT_NE(status_of_one("a", status).text.find(": the training diverged\n"), std::string::npos);
}

TEST_F(Status, DamagedRunFile_UnfinishedWithTheReason) {
  fs::create_directories(folder / "run");
  write(folder / "run" / "run.h5", "no HDF5");
  RunStatus const status = status_of_run(folder / "run", nine_steps());
  EXPECT_EQ(status.state, RunState::unfinished);
  EXPECT_NE(status.message.find("run.h5"), std::string::npos) << status.message;
}

TEST_F(Status, OfASweep_ALineARunAndASummary) {
  std::vector<std::string> problems;
  Sweep const sweep = parse_sweep(
      "[train]\nsteps = 9\n[eval]\nestimators = transformer\n[sweep]\nmodel.layers = 1, 2, 3\n",
      "s.ini", {}, problems);
  ASSERT_EQ(joined(problems, "\n"), "");
  auto const runs = runs_of(sweep).runs;
  ASSERT_EQ(runs.size(), 3u);
  write_run(folder / runs[0].id, runs[0].settings, 9);
  write_run(folder / runs[1].id, runs[1].settings, 3);
  StatusText const said = status_of_sweep(runs, folder);
  auto const lines = split(said.text, '\n');
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], fmt::format("finished    {} (model.layers = 1)", runs[0].id));
  EXPECT_TRUE(lines[1].starts_with(
      fmt::format("unfinished  {} (model.layers = 2): step 3 of 9", runs[1].id)))
      << lines[1];
  EXPECT_EQ(lines[2], fmt::format("missing     {} (model.layers = 3)", runs[2].id));
  EXPECT_TRUE(lines[3].starts_with("3 runs: 1 finished, 0 running, 1 unfinished, 0 failed, 1 "))
      << lines[3];
  EXPECT_FALSE(said.are_all_finished);
  EXPECT_EQ(split(said.tsv, '\n').size(), 5u);
}

}  // namespace
}  // namespace tvem
