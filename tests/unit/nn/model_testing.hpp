#pragma once

#include "framework/loss/permutation_cross_entropy.hpp"
#include "framework/nn/transformer.hpp"
#include "tests/unit/nn/nn_testing.hpp"

namespace tvem::test {

/// Tasks with the given ids: k, n and (with `dim` a range) d differ from task to task.
inline RaggedBatch sample_batch(Range<int> dim, Range<int> components, Range<int> points,
                                std::vector<std::uint64_t> const& ids) {
  TaskPrior const prior({.dim = dim, .components = components, .points = points});
  std::vector<Task> tasks;
  for (auto const id : ids) tasks.push_back(prior.sample(3, Purpose::probe, id));
  return make_batch(tasks, dim.high);
}

/// Initial parameters with noise on all of them, so that no scale is 1 and no bias 0.
template <class T>
AlignedVector<T> noisy_parameters(Transformer<T> const& model, double deviation = 0.3) {
  auto parameters = model.initial_parameters(1);
  auto const noise = random_values<T>(parameters.size(), 99, deviation);
  for (std::size_t i = 0; i < noise.size(); ++i) parameters[i] += noise[i];
  return parameters;
}

/// Loss of every task, and the derivative of their sum by the logits.
template <class T>
std::vector<double> task_losses(RaggedBatch const& batch, std::span<T const> logits, int n_labels,
                                std::vector<T>& dlogits) {
  auto const cols = static_cast<std::size_t>(n_labels);
  dlogits.assign(logits.size(), T(0));
  std::vector<double> losses;
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
    std::size_t const begin = batch.offsets[t] * cols, size = batch.n_points(t) * cols;
    losses.push_back(permutation_cross_entropy<T>(logits.subspan(begin, size), n_labels,
                                                  batch.labels_of(t), batch.components[t],
                                                  std::span(dlogits).subspan(begin, size)));
  }
  return losses;
}

/// Everything that a training step takes from one chunk.
template <class T>
struct ChunkResult {
  std::vector<T> logits, dlogits;
  std::vector<double> losses;
  AlignedVector<T> gradient;
};

/// Forward, loss, backward; `model` has its parameters.
template <class T>
ChunkResult<T> process(Transformer<T>& model, RaggedBatch const& batch) {
  ChunkResult<T> result;
  auto const logits = model.forward(batch);
  result.logits.assign(logits.begin(), logits.end());
  result.losses = task_losses<T>(batch, logits, model.n_labels(), result.dlogits);
  result.gradient.assign(model.layout().size(), T(0));
  model.backward(batch, result.dlogits, result.gradient);
  return result;
}

}  // namespace tvem::test
