#include "framework/metrics/clustering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/core/assignment.hpp"
#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

double pairs(double count) { return 0.5 * count * (count - 1); }

/// -sum p log p of counts over n.
double entropy(std::vector<double> const& counts, double n) {
  double sum = 0;
  for (double const count : counts)
    if (count > 0) sum -= count / n * portable_log(count / n);
  return sum;
}

struct Margins {
  std::vector<double> rows, columns;
};

Margins margins_of(std::vector<int> const& counts, int k) {
  Margins margins{std::vector<double>(k), std::vector<double>(k)};
  for (int a = 0; a < k; ++a)
    for (int b = 0; b < k; ++b) {
      margins.rows[a] += counts[a * k + b];
      margins.columns[b] += counts[a * k + b];
    }
  return margins;
}

/// Calls count(a, b) with the true and the estimated label of each point that is no outlier.
/// Returns the number of such points.
template <class F>
int for_each_pair(std::span<int const> truth, std::span<int const> estimate, int k, F count) {
  TVEM_CHECK(truth.size() == estimate.size(), "truth and estimate differ in length");
  int n = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    TVEM_CHECK(truth[i] >= outlier_label && truth[i] < k && estimate[i] >= 0 && estimate[i] < k,
               "a label is not in 0..k-1");
    if (truth[i] == outlier_label) continue;
    ++n;
    count(truth[i], estimate[i]);
  }
  return n;
}

}  // namespace

std::vector<int> confusion_counts(std::span<int const> truth, std::span<int const> estimate,
                                  int k) {
  std::vector<int> counts(k * k, 0);
  for_each_pair(truth, estimate, k, [&](int a, int b) { ++counts[a * k + b]; });
  return counts;
}

std::vector<int> align_labels(std::span<int const> truth, std::span<int const> estimate, int k) {
  std::vector<int> const counts = confusion_counts(truth, estimate, k);
  std::vector<double> cost(counts.size());
  for (std::size_t c = 0; c < counts.size(); ++c) cost[c] = -counts[c];
  return minimum_cost_assignment(cost, k);
}

double ClusteringError::operator()(std::span<int const> truth, std::span<int const> estimate,
                                   int k) {
  costs_.assign(k * k, 0.0);
  double const n = for_each_pair(truth, estimate, k, [&](int a, int b) { costs_[a * k + b] -= 1; });
  TVEM_CHECK(n > 0, "an error needs points that are no outliers");
  auto const estimate_of = solver_.solve(costs_, k);
  double n_right = 0;
  for (int a = 0; a < k; ++a) n_right -= costs_[a * k + estimate_of[a]];
  return (n - n_right) / n;
}

double clustering_error(std::span<int const> truth, std::span<int const> estimate, int k) {
  return ClusteringError()(truth, estimate, k);
}

double disagreement(std::span<int const> a, std::span<int const> b) {
  int largest = 0;
  for (auto const labels : {a, b})
    for (int const label : labels) largest = std::max(largest, label);
  return clustering_error(a, b, largest + 1);
}

double labelled_error(std::span<int const> truth, std::span<int const> estimate) {
  int n_wrong = 0;
  double const n = for_each_pair(truth, estimate, std::numeric_limits<int>::max(),
                                 [&](int a, int b) { n_wrong += a != b; });
  TVEM_CHECK(n > 0, "an error needs points that are no outliers");
  return n_wrong / n;
}

double adjusted_rand_index(std::span<int const> truth, std::span<int const> estimate, int k) {
  std::vector<int> const counts = confusion_counts(truth, estimate, k);
  Margins const margins = margins_of(counts, k);
  double together = 0, in_truth = 0, in_estimate = 0;
  for (int const count : counts) together += pairs(count);
  for (double const count : margins.rows) in_truth += pairs(count);
  for (double const count : margins.columns) in_estimate += pairs(count);
  double const all = pairs(std::accumulate(counts.begin(), counts.end(), 0.0));
  double const expected = all > 0 ? in_truth * in_estimate / all : 0;
  double const largest = 0.5 * (in_truth + in_estimate);
  return largest == expected ? 1.0 : (together - expected) / (largest - expected);
}

double normalized_mutual_information(std::span<int const> truth, std::span<int const> estimate,
                                     int k) {
  std::vector<int> const counts = confusion_counts(truth, estimate, k);
  Margins const margins = margins_of(counts, k);
  double const n = std::accumulate(counts.begin(), counts.end(), 0.0);
  double const scale = 0.5 * (entropy(margins.rows, n) + entropy(margins.columns, n));
  if (scale == 0) return 1.0;  // one cluster in both
  double information = 0;
  for (int a = 0; a < k; ++a)
    for (int b = 0; b < k; ++b) {
      double const count = counts[a * k + b], product = margins.rows[a] * margins.columns[b];
      if (count > 0) information += count / n * portable_log(count * n / product);
    }
  return information > 0 ? information / scale : 0.0;
}

}  // namespace tvem
