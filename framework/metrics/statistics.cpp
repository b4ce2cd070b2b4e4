#include "tvem/metrics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tvem/core/error.hpp"
#include "tvem/core/random.hpp"

namespace tvem {

void Moments::add(double value) {
  if (std::isnan(value)) {
    ++n_nan;
    return;
  }
  sum += value;
  square_sum += value * value;
  ++count;
}

void Moments::merge(Moments const& other) {
  sum += other.sum;
  square_sum += other.square_sum;
  count += other.count;
  n_nan += other.n_nan;
}

double Moments::mean() const {
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

double Moments::standard_error() const {
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  auto const n = static_cast<double>(count);
  double const variance = (square_sum - sum * sum / n) / (n - 1);
  return std::sqrt(variance > 0 ? variance / n : 0.0);
}

Moments moments_of(std::span<double const> values) {
  Moments moments;
  for (double const value : values) moments.add(value);
  return moments;
}

PairedDifference paired_difference(std::span<double const> a, std::span<double const> b) {
  TVEM_CHECK(a.size() == b.size(), "paired values differ in number");
  Moments moments;
  for (std::size_t i = 0; i < a.size(); ++i) moments.add(a[i] - b[i]);
  double const half_width = 1.96 * moments.standard_error();
  return {.mean = moments.mean(),
          .standard_error = moments.standard_error(),
          .low = moments.mean() - half_width,
          .high = moments.mean() + half_width};
}

PairedDifference bootstrap_difference(std::span<double const> a, std::span<double const> b,
                                      int n_resamples) {
  PairedDifference difference = paired_difference(a, b);
  std::vector<double> differences, means;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!std::isnan(a[i] - b[i])) differences.push_back(a[i] - b[i]);
  auto const last = static_cast<std::int64_t>(differences.size()) - 1;
  for (int r = 0; r < n_resamples && last >= 0; ++r) {
    RandomStream random(0, Purpose::bootstrap, static_cast<std::uint64_t>(n_resamples),
                        static_cast<std::uint64_t>(r));
    double sum = 0;
    for (std::size_t i = 0; i < differences.size(); ++i)
      sum += differences[static_cast<std::size_t>(random.integer(0, last))];
    means.push_back(sum / static_cast<double>(differences.size()));
  }
  Moments const moments = moments_of(means);
  difference.standard_error =
      moments.standard_error() * std::sqrt(static_cast<double>(means.size()));
  difference.low = quantile(means, 0.025);
  difference.high = quantile(means, 0.975);
  return difference;
}

double quantile(std::span<double const> values, double p) {
  std::vector<double> sorted;
  for (double const value : values)
    if (!std::isnan(value)) sorted.push_back(value);
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(sorted.begin(), sorted.end());
  double const place = p * static_cast<double>(sorted.size() - 1);
  auto const below = static_cast<std::size_t>(place);
  double const rest = place - static_cast<double>(below);
  if (below + 1 == sorted.size()) return sorted[below];
  return sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

double win_rate(std::span<double const> a, std::span<double const> b) {
  TVEM_CHECK(a.size() == b.size(), "paired values differ in number");
  Moments wins;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!std::isnan(a[i] - b[i])) wins.add(a[i] < b[i] ? 1.0 : a[i] == b[i] ? 0.5 : 0.0);
  return wins.mean();
}

}  // namespace tvem
