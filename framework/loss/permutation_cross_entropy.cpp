#include "framework/loss/permutation_cross_entropy.hpp"

#include <algorithm>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/math.hpp"
#include "framework/loss/not_finite.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

/// Sets the probabilities p of k logits. Returns log(sum exp).
template <class T>
double softmax(T const* logits, int k, double* p) {
  double const largest = *std::max_element(logits, logits + k);
  double sum = 0;
  for (int j = 0; j < k; ++j) sum += p[j] = portable_exp(logits[j] - largest);
  for (int j = 0; j < k; ++j) p[j] /= sum;
  return largest + portable_log(sum);
}

bool is_left_out(double const* targets, int k) {
  return std::all_of(targets, targets + k, [](double r) { return r == 0; });
}

}  // namespace

template <class T>
double PermutationCrossEntropy<T>::operator()(std::span<T const> logits, int n_labels,
                                              std::span<int const> labels, int k,
                                              std::span<T> dlogits) {
  one_hot_.assign(labels.size() * k, 0.0);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != outlier_label) one_hot_[i * k + labels[i]] = 1;
  return (*this)(logits, n_labels, std::span<double const>(one_hot_), k, dlogits);
}

template <class T>
double PermutationCrossEntropy<T>::operator()(std::span<T const> logits, int n_labels,
                                              std::span<double const> targets, int k,
                                              std::span<T> dlogits) {
  std::size_t const size = targets.size() / k * n_labels;
  TVEM_CHECK(logits.size() == size && dlogits.size() == size && k <= n_labels && !targets.empty(),
             "logits, targets and gradient do not fit");
  if (!all_finite(logits)) return not_finite(dlogits);
  double const n_points = fill_costs(logits, n_labels, targets, k);
  TVEM_CHECK(n_points > 0, "a loss needs points that are no outliers");
  auto const output_of = solver_.solve(costs_, k);
  double loss_sum = 0;
  for (int a = 0; a < k; ++a) loss_sum += costs_[a * k + output_of[a]];
  write_gradient(output_of, n_points, n_labels, targets, dlogits);
  return loss_sum / n_points;
}

/// Sets the probabilities and costs. Returns the number of points that take part.
template <class T>
double PermutationCrossEntropy<T>::fill_costs(std::span<T const> logits, int n_labels,
                                              std::span<double const> targets, int k) {
  probabilities_.resize(targets.size());
  costs_.assign(k * k, 0.0);
  double n_points = 0;
  for (std::size_t i = 0; i < targets.size() / k; ++i) {
    double const* const r = targets.data() + i * k;
    if (is_left_out(r, k)) continue;
    n_points += 1;
    T const* const row = logits.data() + i * n_labels;
    double const log_sum = softmax(row, k, probabilities_.data() + i * k);
    for (int a = 0; a < k; ++a)
      for (int j = 0; j < k && r[a] != 0; ++j) costs_[a * k + j] += r[a] * (log_sum - row[j]);
  }
  return n_points;
}

/// output_of: the output that stands for each label.
template <class T>
void PermutationCrossEntropy<T>::write_gradient(std::span<int const> output_of, double n_points,
                                                int n_labels, std::span<double const> targets,
                                                std::span<T> dlogits) const {
  std::fill(dlogits.begin(), dlogits.end(), T(0));
  int const k = count_of(output_of);
  for (std::size_t i = 0; i < targets.size() / k; ++i) {
    double const* const r = targets.data() + i * k;
    if (is_left_out(r, k)) continue;
    double const* const p = probabilities_.data() + i * k;
    T* const d = dlogits.data() + i * n_labels;
    for (int a = 0; a < k; ++a)
      d[output_of[a]] = rounded_to<T>((p[output_of[a]] - r[a]) / n_points);
  }
}

template <class T>
void predict_labels(std::span<T const> logits, int n_labels, int k, std::span<int> labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    T const* const row = logits.data() + i * n_labels;
    int best = 0;
    for (int j = 1; j < k; ++j)
      if (row[j] > row[best]) best = j;
    labels[i] = best;
  }
}

template class PermutationCrossEntropy<float>;
template class PermutationCrossEntropy<double>;
template void predict_labels(std::span<float const>, int, int, std::span<int>);
template void predict_labels(std::span<double const>, int, int, std::span<int>);

}  // namespace tvem
