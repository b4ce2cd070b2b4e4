// No step but the first asks the system for memory: every call of the C library's allocator is
// counted, which operator new and Eigen end in as well.
#include <gtest/gtest.h>

#include "framework/train/trainer.hpp"
#include "tests/support/counted_allocations.hpp"

namespace tvem {
namespace {

#if TVEM_COUNTS_ALLOCATIONS

/// Allocations in each of ten steps.
std::vector<long> allocations_of_steps(Settings const& settings) {
  auto const comm = Communicator::serial();
  Trainer trainer(settings, comm, initial_state(settings));
  std::vector<long> counts(10);
  for (long& count : counts) {
    long const before = n_allocations;
    trainer.train_step();
    count = n_allocations - before;
  }
  return counts;
}

Settings small_settings() {
  Settings settings;
  settings.task.dim = {3, 3};
  settings.task.components = {3, 3};
  settings.task.points = {20, 20};
  settings.model = {.layers = 2, .heads = 2, .width = 16, .mlp_ratio = 2};
  settings.input.frame = FrameKind::none;  // a frame is made anew
  settings.train.steps = 10;
  settings.train.tasks_per_step = 13;
  settings.parallel.chunk = 4;
  return settings;
}

void expect_only_first_step_allocates(Settings const& settings) {
  auto const counts = allocations_of_steps(settings);
  EXPECT_GT(counts[0], 0);
  for (std::size_t step = 1; step < counts.size(); ++step)
    EXPECT_EQ(counts[step], 0) << "step " << step;
}

TEST(TrainerAllocation, EveryOptimizerAndReduction_OnlyFirstStepAllocates) {
  for (auto const optimizer :
       {OptimizerKind::muon, OptimizerKind::adam, OptimizerKind::adamw, OptimizerKind::sgd})
    for (auto const reduction : {ReductionKind::reproducible, ReductionKind::fast}) {
      Settings settings = small_settings();
      settings.train.optimizer = optimizer;
      settings.parallel.reduction = reduction;
      expect_only_first_step_allocates(settings);
    }
}

TEST(TrainerAllocation, EveryKindOfMeans_OnlyFirstStepAllocates) {
  for (auto const means :
       {MeansKind::sphere, MeansKind::gaussian, MeansKind::uniform, MeansKind::simplex}) {
    Settings settings = small_settings();
    settings.task.means = means;
    settings.task.separation = {1, 1};
    expect_only_first_step_allocates(settings);
  }
}

#else

TEST(TrainerAllocation, SanitizerOrOtherLibrary_NotCounted) { GTEST_SKIP(); }

#endif

}  // namespace
}  // namespace tvem
