#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tvem/core/aligned_buffer.hpp"
#include "tvem/core/instruction_set.hpp"
#include "tvem/optim/optimizer.hpp"

namespace tvem {

/// What one training step reports; a row of /training. Means are over the tasks of the step, all of
/// them fresh, before the update.
struct StepRecord {
  std::int64_t step = 0;     // from 0
  double loss_mean = 0;      // permutation-invariant cross-entropy, nats per point
  double error_mean = 0;     // misclustering error
  double rate = 0;           // learning rate
  double gradient_norm = 0;  // of the mean gradient, before clipping
  int quantum_exponent = 0;  // of the reproducible sum: 2^e; 0 for the reduction `fast`
};

/// The Transformer on the first train.evaluate_tasks evaluation tasks; a row of /learning_curve.
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
  InstructionSet instruction_set = InstructionSet::portable;
  int chunk = 0;                // tasks a chunk, resolved
  double training_seconds = 0;  // wall clock of rank 0, over all starts
};

/// All estimators on the same tasks. Arrays over (estimator, task) are row-major:
/// entry [e * n_tasks() + t].
struct Evaluation {
  std::vector<std::string> estimators;  // their specifications
  std::vector<std::int64_t> task_ids;
  std::vector<int> components, dim, points;  // of each task
  std::vector<double> bayes_error_raw;       // of each task: the MAP rule, labels as named
  std::vector<double> error, ari, nmi, log_likelihood, seconds;
  std::vector<int> collapsed_restarts;    // restarts that ended with a variance at the floor
  std::vector<int> dead_components;       // components started again, over all restarts
  std::vector<int> iterations, status;    // status: position in status_names
  std::vector<std::string> status_names;  // words of FitStatus

  std::size_t n_tasks() const { return task_ids.size(); }
  /// The row of one estimator in one of the arrays over (estimator, task).
  template <class T>
  std::vector<T> row(std::vector<T> const& array, std::size_t estimator) const {
    auto const begin = array.begin() + static_cast<std::ptrdiff_t>(estimator * n_tasks());
    return {begin, begin + static_cast<std::ptrdiff_t>(n_tasks())};
  }
};

}  // namespace tvem
