#include "framework/loss/permutation_cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {

template <class T>
double PermutationCrossEntropy<T>::operator()(std::span<T const> logits, int n_labels,
                                              std::span<int const> labels, int k,
                                              std::span<T> dlogits) {
  std::size_t const n = labels.size();
  auto const stride = static_cast<std::size_t>(n_labels), n_used = static_cast<std::size_t>(k);
  TVEM_CHECK(logits.size() == n * stride && dlogits.size() == n * stride && k <= n_labels && n > 0,
             "logits, labels and gradient do not fit");
  auto const is_finite = [](T logit) { return std::isfinite(logit); };
  if (!std::all_of(logits.begin(), logits.end(), is_finite)) {
    std::fill(dlogits.begin(), dlogits.end(), std::numeric_limits<T>::quiet_NaN());
    return std::numeric_limits<double>::quiet_NaN();
  }

  probabilities_.resize(n * n_used);
  costs_.assign(n_used * n_used, 0.0);  // (true label, output): sum of -log p
  double n_points = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (labels[i] == outlier_label) continue;
    n_points += 1;
    T const* const row = logits.data() + i * stride;
    double* const p = probabilities_.data() + i * n_used;
    double* const cost = costs_.data() + static_cast<std::size_t>(labels[i]) * n_used;
    auto const largest = static_cast<double>(*std::max_element(row, row + k));
    double sum = 0;
    for (std::size_t j = 0; j < n_used; ++j)
      sum += p[j] = portable_exp(static_cast<double>(row[j]) - largest);
    double const log_sum = largest + portable_log(sum);
    for (std::size_t j = 0; j < n_used; ++j) {
      p[j] /= sum;
      cost[j] += log_sum - static_cast<double>(row[j]);
    }
  }

  TVEM_CHECK(n_points > 0, "a loss needs points that are no outliers");
  auto const output_of = solver_.solve(costs_, k);
  double loss_sum = 0;
  for (std::size_t a = 0; a < n_used; ++a)
    loss_sum += costs_[a * n_used + static_cast<std::size_t>(output_of[a])];
  for (std::size_t i = 0; i < n; ++i) {
    double const* const p = probabilities_.data() + i * n_used;
    T* const d = dlogits.data() + i * stride;
    if (labels[i] == outlier_label) {
      std::fill(d, d + stride, T(0));
      continue;
    }
    auto const target = static_cast<std::size_t>(output_of[static_cast<std::size_t>(labels[i])]);
    for (std::size_t j = 0; j < n_used; ++j)
      d[j] = static_cast<T>((p[j] - (j == target ? 1.0 : 0.0)) / n_points);
    std::fill(d + n_used, d + stride, T(0));
  }
  return loss_sum / n_points;
}

template <class T>
void predict_labels(std::span<T const> logits, int n_labels, int k, std::span<int> labels) {
  auto const stride = static_cast<std::size_t>(n_labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    T const* const row = logits.data() + i * stride;
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
