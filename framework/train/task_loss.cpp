#include "framework/train/task_loss.hpp"

#include <algorithm>

namespace tvem {

double TaskLoss::operator()(ModelInput const& input, std::size_t t, Task const& task,
                            std::span<float const> outputs, std::span<float> doutputs,
                            std::span<int> labels) {
  int const k = task.components(), d = task.mixture.dim();
  if (settings_.kind == LossKind::permutation_cross_entropy) {
    predict_labels(outputs, n_outputs_, k, labels);
    return cross_entropy(task, outputs, doutputs);
  }
  Frame const& frame = input.frames[t];
  auto const estimated =
      map_labels(frame.to_points(mixture_of_outputs(outputs, n_outputs_, k, d)), task.points);
  std::copy(estimated.begin(), estimated.end(), labels.begin());
  if (settings_.kind == LossKind::permutation_parameters)
    return parameters_(outputs, n_outputs_, frame.from_points(task.mixture), doutputs);
  std::size_t const stride = input.batch.dim;
  auto const points = std::span(input.batch.points)
                          .subspan(input.batch.offsets[t] * stride, labels.size() * stride);
  return likelihood_(outputs, n_outputs_, k, d, points, input.batch.dim, task.labels, doutputs);
}

double TaskLoss::cross_entropy(Task const& task, std::span<float const> outputs,
                               std::span<float> doutputs) {
  int const k = task.components();
  if (settings_.targets == TargetKind::labels)
    return cross_entropy_(outputs, n_outputs_, std::span(task.labels), k, doutputs);
  RowMatrix targets = component_probabilities(task.mixture, task.points);
  for (std::size_t i = 0; i < task.labels.size(); ++i)
    if (task.labels[i] == outlier_label) targets.row(i).setZero();
  std::span<double const> const values(targets.data(), targets.size());
  return cross_entropy_(outputs, n_outputs_, values, k, doutputs);
}

}  // namespace tvem
