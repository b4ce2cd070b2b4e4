#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include <gtest/gtest.h>

#include "framework/train/trainer.hpp"
#include "tests/support/world.hpp"

namespace tvem {

/// Small, ragged in points, components and dimension, with a step that no number of ranks divides.
inline Settings ragged_settings() {
  Settings settings;
  settings.task.dim = {1, 3};
  settings.task.components = {2, 4};
  settings.task.points = {10, 30};
  settings.task.sigma = {0.5, 1.5};
  settings.model = {.layers = 2, .heads = 2, .width = 16, .mlp_ratio = 2};
  settings.train.steps = 50;
  settings.train.tasks_per_step = 13;
  settings.train.warmup = 5;
  settings.parallel.chunk = 2;
  return settings;
}

inline bool same_bits(AlignedVector<float> const& a, AlignedVector<float> const& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  });
}

inline void expect_same_state(TrainingState const& a, TrainingState const& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_TRUE(same_bits(a.parameters, b.parameters));
  EXPECT_TRUE(same_bits(a.optimizer.first_moment, b.optimizer.first_moment));
  EXPECT_TRUE(same_bits(a.optimizer.second_moment, b.optimizer.second_moment));
  EXPECT_TRUE(same_bits(a.optimizer.average, b.optimizer.average));
  ASSERT_EQ(a.steps.size(), b.steps.size());
  for (std::size_t i = 0; i < a.steps.size(); ++i) {
    EXPECT_EQ(a.steps[i].step, b.steps[i].step);
    EXPECT_EQ(a.steps[i].loss_mean, b.steps[i].loss_mean);
    EXPECT_EQ(a.steps[i].error_mean, b.steps[i].error_mean);
    EXPECT_EQ(a.steps[i].gradient_norm, b.steps[i].gradient_norm);
    EXPECT_EQ(a.steps[i].quantum_exponent, b.steps[i].quantum_exponent);
  }
}

inline TrainingState trained(Settings const& settings, Communicator const& comm, int n_steps,
                             TrainingState state) {
  Trainer trainer(settings, comm, std::move(state));
  for (int i = 0; i < n_steps; ++i) trainer.train_step();
  return trainer.state();
}

inline TrainingState first_state(Settings const& settings) { return initial_state(settings); }

}  // namespace tvem
