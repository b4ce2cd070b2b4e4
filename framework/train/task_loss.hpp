#pragma once

#include <span>
#include <vector>

#include "framework/loss/mixture_losses.hpp"
#include "framework/loss/permutation_cross_entropy.hpp"
#include "framework/loss/settings.hpp"
#include "framework/train/model_input.hpp"

namespace tvem {

/// The loss that loss.* say, of one task of a batch, and the labels that the model's outputs
/// describe. Keeps its buffers.
class TaskLoss {
 public:
  TaskLoss(LossSettings const& settings, int n_outputs)
      : settings_(settings), n_outputs_(n_outputs) {}

  /// task: number t of the input. outputs: of this task alone; doutputs: likewise, set to the
  /// gradient; labels: set, one a point. Returns the loss.
  double operator()(ModelInput const& input, std::size_t t, Task const& task,
                    std::span<float const> outputs, std::span<float> doutputs,
                    std::span<int> labels);

 private:
  double cross_entropy(Task const& task, std::span<float const> outputs, std::span<float> doutputs);

  LossSettings settings_;
  int n_outputs_;
  PermutationCrossEntropy<float> cross_entropy_;
  NegativeLogLikelihood<float> likelihood_;
  PermutationParameters<float> parameters_;
};

/// The outputs of one task of a batch.
template <class T>
std::span<T> outputs_of(RaggedBatch const& batch, std::size_t t, ReadoutKind readout, int n_labels,
                        int n_outputs, std::span<T> outputs) {
  bool const has_points = readout == ReadoutKind::labels;
  std::size_t const columns = n_outputs;
  auto const rows = has_points ? batch.n_points(t) : n_labels;
  std::size_t const first = has_points ? batch.offsets[t] : t * rows;
  return outputs.subspan(first * columns, rows * columns);
}

}  // namespace tvem
