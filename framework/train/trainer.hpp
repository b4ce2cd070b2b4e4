#pragma once

#include <cstdint>

#include "framework/comm/communicator.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/records/training.hpp"
#include "framework/tasks/partition.hpp"
#include "framework/train/gradient_sum.hpp"
#include "framework/train/model_input.hpp"
#include "framework/train/task_loss.hpp"

namespace tvem {

/// The state before the first step: parameters keyed by run.seed, no curve.
TrainingState initial_state(Settings const& settings);

/// Steps at the end of the training so far that were skipped, one after another.
std::int64_t n_skipped_last(TrainingState const& state);
/// The state before those steps; a training that goes on from it repeats them.
TrainingState before_skipped(TrainingState state);

/// Data-parallel training. Every rank holds the same state, bit for bit, and works on its share of
/// a step's chunks; nothing that depends on the rank enters a decision after the sum.
class Trainer {
 public:
  Trainer(Settings const& settings, Communicator comm, TrainingState state);

  /// Collective. One step: sample the tasks, forward, loss, backward, sum over ranks, clip, update.
  /// A step with a loss or gradient that is not finite is skipped: parameters and optimiser stay as
  /// they are, and its record is NaN. Throws TrainingDiverged on all ranks alike after more than
  /// train.max_skipped of them in a row. votes: of this rank; they ride in the sum.
  StepRecord train_step(Votes const& votes = {});
  /// What the ranks voted for in the last step.
  Votes passed_votes() const { return sums_.votes(); }

  /// Collective. Throws Error on all ranks alike when they do not hold the same state, bit for bit:
  /// a fault of the machine or of the program.
  void check_ranks_agree() const;

  bool is_finished() const { return state_.step >= settings_.train.steps; }
  TrainingState const& state() const { return state_; }
  TrainingState& state() { return state_; }
  Settings const& settings() const { return settings_; }
  Communicator const& comm() const { return comm_; }
  /// The model with the parameters that it would be evaluated with now.
  Transformer<float>& model();

 private:
  Quantum first_quantum() const;
  void sum_gradients(Votes const& votes);
  void sum_gradients(Quantum quantum, Votes const& votes);
  StepRecord add_record(double loss_mean, double error_mean, double norm);
  StepRecord skip_step();
  void process_chunk(std::int64_t chunk_index);
  double loss_of_task(std::size_t t, std::span<float const> outputs);
  void sample_chunk(std::int64_t chunk_index);

  Settings settings_;
  Communicator comm_;
  TaskPrior prior_;
  TrainingState state_;
  Transformer<float> model_;
  std::int64_t n_chunks_;
  IndexRange local_chunks_;
  GradientSum sums_;
  Optimizer optimizer_;
  AlignedVector<float> chunk_gradient_;  // n parameters
  // The buffers of one chunk. They are kept, so that no step but the first allocates, as long as
  // tasks have one size and go in as they are: a frame or a guess is made anew.
  std::vector<Task> tasks_;  // as many as the largest chunk has
  ModelInput input_;
  TaskLoss loss_;
  ClusteringError error_;
  std::vector<float> doutputs_;  // of the model's outputs
  std::vector<int> predicted_;   // points of a task
};

}  // namespace tvem
