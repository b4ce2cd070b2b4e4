#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "framework/core/aligned_buffer.hpp"
#include "framework/core/processor/instruction_set.hpp"
#include "framework/optim/optimizer.hpp"

namespace tvem {

/// What one training step reports; a row of /training. Means are over the tasks of the step, all of
/// them fresh, before the update; NaN for a step that was skipped.
struct StepRecord {
  std::int64_t step = 0;     // from 0
  double loss_mean = 0;      // permutation-invariant cross-entropy, nats per point
  double error_mean = 0;     // misclustering error
  double rate = 0;           // learning rate
  double gradient_norm = 0;  // of the mean gradient, before clipping
  int quantum_exponent = 0;  // of the reproducible sum: 2^e; 0 for the reduction `fast`
};

/// The Transformer on train.evaluate_tasks validation tasks; a row of /learning_curve.
struct CurveRecord {
  std::int64_t step = 0;  // updates done
  double error_mean = 0;
  double error_standard_error = 0;
};

/// Everything that influences a later step, and what is reported of the earlier ones. A checkpoint
/// is this struct; it knows nothing of the ranks.
struct TrainingState {
  std::int64_t step = 0;            // updates done
  AlignedVector<float> parameters;  // flat, in the model's layout
  OptimizerState optimizer;
  std::vector<StepRecord> steps;
  std::vector<CurveRecord> learning_curve;
  int chunk = 0;                // tasks a chunk, resolved
  double training_seconds = 0;  // wall clock of rank 0, over all starts
};

/// The parameters that the trained model has: the average of those of the steps, where there is
/// one.
inline AlignedVector<float> const& trained_parameters(TrainingState const& state) {
  return state.optimizer.average.empty() ? state.parameters : state.optimizer.average;
}

/// Whether the step was skipped, since its loss or gradient was not finite.
inline bool is_skipped(StepRecord const& record) { return std::isnan(record.gradient_norm); }

/// How many of the steps had a gradient of a norm above the limit; none for a limit of 0.
inline std::int64_t n_clipped(std::vector<StepRecord> const& steps, double limit) {
  return std::count_if(steps.begin(), steps.end(), [&](StepRecord const& record) {
    return limit > 0 && record.gradient_norm > limit;
  });
}

}  // namespace tvem
