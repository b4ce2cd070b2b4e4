#include "tvem/loss/permutation_cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tvem/core/assignment.hpp"
#include "tvem/core/error.hpp"
#include "tvem/core/math.hpp"

namespace tvem {
namespace {

/// Row-wise log softmax of the first k columns in double precision: n x k.
template <class T>
std::vector<double> log_softmax(std::span<T const> logits, std::size_t n_labels, std::size_t k) {
  std::size_t const n = logits.size() / n_labels;
  std::vector<double> log_p(n * k);
  for (std::size_t i = 0; i < n; ++i) {
    T const* const row = logits.data() + i * n_labels;
    double largest = static_cast<double>(row[0]);
    for (std::size_t j = 1; j < k; ++j)
      largest = row[j] > static_cast<T>(largest) ? static_cast<double>(row[j]) : largest;
    double sum = 0;
    for (std::size_t j = 0; j < k; ++j) sum += portable_exp(static_cast<double>(row[j]) - largest);
    double const log_sum = largest + portable_log(sum);
    for (std::size_t j = 0; j < k; ++j) log_p[i * k + j] = static_cast<double>(row[j]) - log_sum;
  }
  return log_p;
}

}  // namespace

template <class T>
double permutation_cross_entropy(std::span<T const> logits, int n_labels,
                                 std::span<int const> labels, int k, std::span<T> dlogits) {
  std::size_t const n = labels.size();
  auto const stride = static_cast<std::size_t>(n_labels), n_used = static_cast<std::size_t>(k);
  TVEM_CHECK(logits.size() == n * stride && dlogits.size() == n * stride && k <= n_labels && n > 0,
             "logits, labels and gradient do not fit");
  auto const is_finite = [](T logit) { return std::isfinite(logit); };
  if (!std::all_of(logits.begin(), logits.end(), is_finite)) {
    std::fill(dlogits.begin(), dlogits.end(), std::numeric_limits<T>::quiet_NaN());
    return std::numeric_limits<double>::quiet_NaN();
  }

  std::vector<double> const log_p = log_softmax(logits, stride, n_used);
  std::vector<double> cost(n_used * n_used, 0.0);  // (true label, output): sum of -log p
  for (std::size_t i = 0; i < n; ++i) {
    auto const label = static_cast<std::size_t>(labels[i]);
    for (std::size_t j = 0; j < n_used; ++j) cost[label * n_used + j] -= log_p[i * n_used + j];
  }
  std::vector<int> const output_of = minimum_cost_assignment(cost, k);

  double loss_sum = 0;
  for (std::size_t a = 0; a < n_used; ++a)
    loss_sum += cost[a * n_used + static_cast<std::size_t>(output_of[a])];
  auto const n_points = static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    auto const target = static_cast<std::size_t>(output_of[static_cast<std::size_t>(labels[i])]);
    for (std::size_t j = 0; j < stride; ++j) {
      double const p = j < n_used ? portable_exp(log_p[i * n_used + j]) : 0.0;
      dlogits[i * stride + j] = static_cast<T>((p - (j == target ? 1.0 : 0.0)) / n_points);
    }
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

template double permutation_cross_entropy(std::span<float const>, int, std::span<int const>, int,
                                          std::span<float>);
template double permutation_cross_entropy(std::span<double const>, int, std::span<int const>, int,
                                          std::span<double>);
template void predict_labels(std::span<float const>, int, int, std::span<int>);
template void predict_labels(std::span<double const>, int, int, std::span<int>);

}  // namespace tvem
