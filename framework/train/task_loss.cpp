#include "framework/train/task_loss.hpp"

#include <algorithm>

namespace tvem {

double TaskLoss::operator()(ModelInput const& input, std::size_t t, Task const& task,
                            std::span<float const> outputs, std::span<float> doutputs,
                            std::span<int> labels) {
  int const k = task.components(), d = task.mixture.dim();
  auto const truth = input.batch.labels_of(t);
  if (kind_ == LossKind::permutation_cross_entropy) {
    predict_labels(outputs, n_outputs_, k, labels);
    return cross_entropy_(outputs, n_outputs_, truth, k, doutputs);
  }
  Frame const& frame = input.frames[t];
  auto const estimated =
      map_labels(frame.to_points(mixture_of_outputs(outputs, n_outputs_, k, d)), task.points);
  std::copy(estimated.begin(), estimated.end(), labels.begin());
  if (kind_ == LossKind::permutation_parameters)
    return parameters_(outputs, n_outputs_, frame.from_points(task.mixture), doutputs);
  std::size_t const stride = input.batch.dim;
  auto const points = std::span(input.batch.points)
                          .subspan(input.batch.offsets[t] * stride, labels.size() * stride);
  return likelihood_(outputs, n_outputs_, k, d, points, input.batch.dim, truth, doutputs);
}

}  // namespace tvem
