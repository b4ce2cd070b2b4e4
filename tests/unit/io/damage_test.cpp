// Damaged files: each ends in a clear error, or in the use of what is whole. Run under
// the sanitizers too.
#include "tests/support/damage.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"
#include "io/checkpoint_file.hpp"
#include "io/evaluation_file.hpp"
#include "io/points/points_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

class Damage : public test::TemporaryFolder {};
using test::damaged;

Checkpoint some_checkpoint(std::int64_t step) {
  Checkpoint checkpoint;
  checkpoint.header = {
      .run_id = "test",
      .config_text = "[task]\ndim = 3\n",
      .created_utc = "2026-01-02T03:04:05Z",
      .provenance = {{"2026", "alpha", 3, "0.1", "abc", "gcc", "lib", "avx2", "c"}}};
  checkpoint.training_identity = "identity";
  checkpoint.layout.add("a.weight", 4, 5);
  TrainingState& state = checkpoint.state;
  for (auto* values :
       {&state.parameters, &state.optimizer.first_moment, &state.optimizer.second_moment})
    values->assign(20, static_cast<float>(step));
  state.step = step;
  state.chunk = 4;
  for (std::int64_t s = 0; s < step; ++s) state.steps.push_back({s, 1, 0.5, 1e-3, 2, -40});
  return checkpoint;
}

TEST_F(Damage, Checkpoints_PreviousOneIsUsedOrAllIsRefused) {
  write_checkpoint(folder, some_checkpoint(3));
  std::string const previous = content(folder / "checkpoint.h5");
  write_checkpoint(folder, some_checkpoint(7));
  std::string const last = content(folder / "checkpoint.h5");
  RandomStream random(1, Purpose::probe, 0);
  for (int i = 0; i < 300; ++i) {
    std::string const bad = damaged(last, random);
    write(folder / "checkpoint.h5", bad);
    auto const found = read_checkpoint(folder);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->checkpoint.state.step, bad == last ? 7 : 3);
    EXPECT_EQ(found->notice.empty(), bad == last);
    EXPECT_EQ(found->checkpoint.state.parameters[11], bad == last ? 7.0f : 3.0f);
  }
  // The next checkpoint takes the place of the damaged one, not of the good one before it.
  write(folder / "checkpoint.h5", last.substr(0, 2000));
  write_checkpoint(folder, some_checkpoint(9));
  EXPECT_EQ(content(folder / "checkpoint.previous.h5"), previous);
  EXPECT_EQ(read_checkpoint(folder)->checkpoint.state.step, 9);
  for (int i = 0; i < 100; ++i) {
    std::string const bad = damaged(last, random), worse = damaged(previous, random);
    if (bad == last || worse == previous) continue;
    write(folder / "checkpoint.h5", bad);
    write(folder / "checkpoint.previous.h5", worse);
    EXPECT_THROW(read_checkpoint(folder), Error);
  }
}

TEST_F(Damage, RunFiles_AreRefused) {
  RunRecord record;
  record.header = some_checkpoint(1).header;
  record.steps_total = record.steps_done = 4;
  record.chunk = 4;
  record.steps = some_checkpoint(4).state.steps;
  write_run_file(folder / "run.h5", record);
  std::string const whole = content(folder / "run.h5");
  RandomStream random(2, Purpose::probe, 0);
  for (int i = 0; i < 200; ++i) {
    std::string const bad = damaged(whole, random);
    write(folder / "run.h5", bad);
    if (bad == whole) continue;
    EXPECT_THROW(read_run_file(folder / "run.h5"), Error);
    EXPECT_EQ(evaluation_of_file(folder / "run.h5"), "");
  }
}

TEST_F(Damage, TablesOfPoints_EndInSentencesOrInNumbers) {
  std::string whole = "x,y,\"kind\"\n";
  for (int i = 0; i < 20; ++i)
    whole += std::to_string(i) + ".5," + std::to_string(-i) + "e-1,\"a b\"\n";
  RandomStream random(4, Purpose::probe, 0);
  int n_accepted = 0;
  for (int i = 0; i < 300; ++i) {
    write(folder / "points.csv", damaged(whole, random));
    try {
      PointTable const table =
          read_points(folder / "points.csv", {.dataset = "", .columns = {}, .labels = "kind"});
      ++n_accepted;
      EXPECT_EQ(static_cast<std::size_t>(table.points.rows()), table.labels.size());
      EXPECT_TRUE(table.points.allFinite());
    } catch (ConfigurationError const& error) {
      EXPECT_GT(std::strlen(error.what()), 20u);
    }
  }
  EXPECT_GT(n_accepted, 10);
  EXPECT_LT(n_accepted, 290);
}

}  // namespace
}  // namespace tvem
