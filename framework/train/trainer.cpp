#include "framework/train/trainer.hpp"

#include <algorithm>
#include <cmath>

#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/nn/constructed/lloyd_parameters.hpp"
#include "framework/optim/schedule.hpp"
#include "framework/tasks/spread.hpp"
#include "framework/train/state_digest.hpp"

namespace tvem {

namespace {

RankShare share_among(Communicator const& comm) {
  return {.rank = comm.rank(), .n_ranks = comm.size(), .sum = [comm](std::span<float> values) {
            comm.sum(values);
          }};
}

AlignedVector<float> initial_parameters(Settings const& settings, Transformer<float> const& model) {
  if (settings.model.initial == InitialKind::random)
    return model.initial_parameters(settings.run.seed);
  LloydConstruction const construction{
      .components = settings.task.components.high,
      .spread = settings.input.standardize ? 1 : widest_spread(settings.task),
      .inverse_temperature = settings.model.inverse_temperature};
  return lloyd_parameters<float>(model.layout(), settings.model, settings.task.dim.high,
                                 construction);
}

}  // namespace

TrainingState initial_state(Settings const& settings) {
  Transformer<float> const model(settings.model, model_domain(settings));
  TrainingState state;
  state.parameters = initial_parameters(settings, model);
  state.optimizer = initial_optimizer_state(settings.train.optimizer, model.layout().size());
  state.chunk = resolved_chunk(settings);
  return state;
}

std::int64_t n_skipped_last(TrainingState const& state) {
  auto const last = std::find_if_not(state.steps.rbegin(), state.steps.rend(), is_skipped);
  return last - state.steps.rbegin();
}

TrainingState before_skipped(TrainingState state) {
  std::int64_t const n = n_skipped_last(state);
  state.step -= n;
  state.steps.resize(state.steps.size() - n);
  std::erase_if(state.learning_curve,
                [&](CurveRecord const& record) { return record.step > state.step; });
  return state;
}

Trainer::Trainer(Settings const& settings, Communicator comm, TrainingState state)
    : settings_(settings),
      comm_(std::move(comm)),
      prior_(settings.task),
      state_(std::move(state)),
      model_(settings.model, model_domain(settings)),
      n_chunks_(chunks_of_step(settings.train.tasks_per_step, state_.chunk)),
      local_chunks_(share_of_rank(n_chunks_, comm_.rank(), comm_.size())),
      sums_(settings.parallel.reduction, model_.layout().size()),
      optimizer_(settings.train, model_.layout(), share_among(comm_)),
      chunk_gradient_(model_.layout().size()),
      tasks_(state_.chunk),
      loss_(settings.loss, model_.n_outputs()) {
  TVEM_CHECK(state_.parameters.size() == model_.layout().size(),
             "the state belongs to another model");
  // Reserved memory costs nothing before rows are in it. A longer training allocates a few times
  // more.
  std::int64_t const n_rows = std::min<std::int64_t>(settings.train.steps, 1'000'000);
  state_.steps.reserve(n_rows);
}

void Trainer::check_ranks_agree() const {
  if (!is_same_on_all_ranks(comm_, digest_of(state_)))
    throw Error(fmt::format(
        "the ranks do not hold the same state after step {}: memory or network of a node is at "
        "fault, or the program; the last checkpoint is kept, go on from it on other nodes",
        state_.step));
}

Transformer<float>& Trainer::model() {
  model_.set_parameters(trained_parameters(state_));
  return model_;
}

// ---- the training step

StepRecord Trainer::train_step(Votes const& votes) {
  sum_gradients(votes);
  if (sums_.n_non_finite() > 0) return skip_step();
  double const n_tasks = settings_.train.tasks_per_step;
  std::span<double const> const gradient_sum = sums_.gradient_sum();
  StepRecord const record = add_record(sums_.loss_sum() / n_tasks, sums_.error_sum() / n_tasks,
                                       gradient_norm(gradient_sum) / n_tasks);
  double const factor = clip_factor(record.gradient_norm, settings_.train.clip) / n_tasks;
  optimizer_.update(record.rate, gradient_sum, factor, state_.parameters, state_.optimizer);
  return record;
}

/// Counts the step and keeps its record.
StepRecord Trainer::add_record(double loss_mean, double error_mean, double norm) {
  state_.steps.push_back({.step = state_.step,
                          .loss_mean = loss_mean,
                          .error_mean = error_mean,
                          .rate = learning_rate(settings_.train, state_.step),
                          .gradient_norm = norm,
                          .quantum_exponent = sums_.quantum_exponent()});
  ++state_.step;
  return state_.steps.back();
}

/// Counts the step and its tasks, and changes nothing else.
StepRecord Trainer::skip_step() {
  double const none = std::nan("");
  StepRecord const record = add_record(none, none, none);
  std::int64_t const in_a_row = n_skipped_last(state_);
  if (in_a_row > settings_.train.max_skipped)
    throw TrainingDiverged(fmt::format(
        "training diverged: in step {}, {} of {} chunks have a loss or gradient that is not "
        "finite, "
        "as in {} steps before it (train.max_skipped = {}); lower train.rate, lengthen "
        "train.warmup "
        "or set train.clip",
        record.step, sums_.n_non_finite(), n_chunks_, in_a_row - 1, settings_.train.max_skipped));
  return record;
}

/// Every task of a chunk may add a magnitude of 8 to the loss and to each value of the gradient
/// before a coarser quantum is needed. Depends on the configuration alone.
Quantum Trainer::first_quantum() const { return Quantum::admitting(8.0 * state_.chunk, n_chunks_); }

/// Sums of the step's tasks over all ranks; repeated with a coarser quantum until all are in range.
void Trainer::sum_gradients(Votes const& votes) {
  model_.set_parameters(state_.parameters);
  for (Quantum quantum = first_quantum();; quantum = quantum.coarser()) {
    sum_gradients(quantum, votes);
    if (sums_.n_non_finite() > 0 || sums_.n_out_of_range() == 0) return;
  }
}

void Trainer::sum_gradients(Quantum quantum, Votes const& votes) {
  sums_.reset(quantum, n_chunks_);
  sums_.vote(votes);
  for (std::int64_t c = local_chunks_.begin; c < local_chunks_.end; ++c) process_chunk(c);
  sums_.sum_over_ranks(comm_);
}

/// Samples the tasks of one chunk, does forward, loss and backward, and adds to the sums. A
/// function of the parameters and the chunk alone: nothing is carried over from the chunk before.
void Trainer::process_chunk(std::int64_t chunk_index) {
  sample_chunk(chunk_index);
  RaggedBatch const& batch = input_.batch;
  std::span<float const> const outputs = model_.forward(batch);
  doutputs_.resize(outputs.size());
  double loss_sum = 0, error_sum = 0;
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
    loss_sum += loss_of_task(t, outputs);
    error_sum += error_(batch.labels_of(t), predicted_, batch.components[t]);
  }
  model_.backward(batch, doutputs_, chunk_gradient_, [this](std::size_t offset, std::size_t size) {
    sums_.add_gradient(offset, std::span(chunk_gradient_).subspan(offset, size));
  });
  sums_.finish_chunk(loss_sum, error_sum);
}

/// The loss of task t of the chunk. Sets its labels and its part of the outputs' gradient.
double Trainer::loss_of_task(std::size_t t, std::span<float const> outputs) {
  auto const of_task = [&](auto values) {
    return outputs_of(input_.batch, t, settings_.model.readout, model_.n_labels(),
                      model_.n_outputs(), values);
  };
  predicted_.resize(input_.batch.n_points(t));
  return loss_(input_, t, tasks_[t], of_task(outputs), of_task(std::span(doutputs_)), predicted_);
}

void Trainer::sample_chunk(std::int64_t chunk_index) {
  IndexRange const ids =
      task_ids_of_chunk(state_.step, chunk_index, settings_.train.tasks_per_step, state_.chunk);
  std::span<Task> const tasks = std::span(tasks_).first(ids.size());
  for (std::int64_t id = ids.begin; id < ids.end; ++id)
    prior_.sample_training(settings_.run.seed, id, tasks[id - ids.begin]);
  fill_model_input(settings_, settings_.run.seed, Purpose::training_tasks, tasks, input_);
}

}  // namespace tvem
