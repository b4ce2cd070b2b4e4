#include "framework/metrics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"

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

PairedDifference difference_of(Moments const& differences) {
  double const half_width = 1.96 * differences.standard_error();
  return {.mean = differences.mean(),
          .standard_error = differences.standard_error(),
          .low = differences.mean() - half_width,
          .high = differences.mean() + half_width};
}

PairedDifference paired_difference(std::span<double const> a, std::span<double const> b) {
  TVEM_CHECK(a.size() == b.size(), "paired values differ in number");
  Moments moments;
  for (std::size_t i = 0; i < a.size(); ++i) moments.add(a[i] - b[i]);
  return difference_of(moments);
}

namespace {

/// From so many tasks on the distribution of a bootstrap sample's mean is known better than a
/// thousand samples show it.
constexpr std::size_t many_tasks = 10'000;

/// The cumulant generating function of values, and its first two derivatives.
struct Cumulants {
  double k, first, second;
};

Cumulants cumulants_at(double t, std::span<double const> values) {
  double growth = 0, first = 0, second = 0;
  for (double const value : values) {
    double const change = std::expm1(t * value);
    growth += change;
    first += value * (change + 1);
    second += value * value * (change + 1);
  }
  double const n = static_cast<double>(values.size()), weight = n + growth;
  double const mean = first / weight;
  return {.k = std::log1p(growth / n), .first = mean, .second = second / weight - mean * mean};
}

/// Means of bootstrap samples.
std::vector<double> resampled_means(std::vector<double> const& values, int n_resamples) {
  std::vector<double> means;
  auto const last = static_cast<std::int64_t>(values.size()) - 1;
  for (int r = 0; r < n_resamples && last >= 0; ++r) {
    RandomStream random(0, Purpose::bootstrap, static_cast<std::uint64_t>(n_resamples),
                        static_cast<std::uint64_t>(r));
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[static_cast<std::size_t>(random.integer(0, last))];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  return means;
}

}  // namespace

double saddlepoint_quantile(std::span<double const> values, double p) {
  TVEM_CHECK(std::abs(p - 0.5) > 0.16 && std::abs(p - 0.5) < 0.5, "no quantile in the tails");
  Moments const moments = moments_of(values);
  auto const n = static_cast<double>(values.size());
  double const scale = moments.standard_error() * std::sqrt(n - 1);  // standard deviation
  std::vector<double> standard;
  for (double const value : values) standard.push_back((value - moments.mean()) / scale);
  double const z = normal_quantile(p);
  // r* is normal, and nearly sqrt(n) t: a few steps solve r*(t) = z.
  double t = z / std::sqrt(n);
  for (int i = 0; i < 50; ++i) {
    auto const [k, first, second] = cumulants_at(t, standard);
    double const r = std::copysign(std::sqrt(2 * n * (t * first - k)), t);
    double const r_star = r + std::log(t * std::sqrt(n * second) / r) / r;
    // Where hardly any value differs, the quantile is the smallest or largest value: t has no end.
    if (!std::isfinite(r_star)) break;
    t -= (r_star - z) / std::sqrt(n);
    if (std::abs(r_star - z) < 1e-9) break;
  }
  return moments.mean() + scale * cumulants_at(t, standard).first;
}

PairedDifference bootstrap_difference(std::span<double const> a, std::span<double const> b,
                                      int n_resamples) {
  PairedDifference difference = paired_difference(a, b);
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!std::isnan(a[i] - b[i])) differences.push_back(a[i] - b[i]);
  auto const n = static_cast<double>(differences.size());
  if (differences.size() >= many_tasks) {
    difference.standard_error *= std::sqrt((n - 1) / n);
    if (difference.standard_error > 0) {
      difference.low = saddlepoint_quantile(differences, 0.025);
      difference.high = saddlepoint_quantile(differences, 0.975);
    }
    return difference;
  }
  auto const means = resampled_means(differences, n_resamples);
  difference.standard_error =
      moments_of(means).standard_error() * std::sqrt(static_cast<double>(means.size()));
  double const levels[] = {0.025, 0.975};
  auto const interval = quantiles(means, levels);
  difference.low = interval[0];
  difference.high = interval[1];
  return difference;
}

double quantile(std::span<double const> values, double p) { return quantiles(values, {&p, 1})[0]; }

std::vector<double> quantiles(std::span<double const> values, std::span<double const> levels) {
  std::vector<double> sorted;
  for (double const value : values)
    if (!std::isnan(value)) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> result;
  for (double const p : levels) {
    if (sorted.empty()) {
      result.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    double const place = p * static_cast<double>(sorted.size() - 1);
    auto const below = static_cast<std::size_t>(place);
    double const rest = place - static_cast<double>(below);
    bool const is_last = below + 1 == sorted.size();
    result.push_back(is_last ? sorted[below]
                             : sorted[below] + rest * (sorted[below + 1] - sorted[below]));
  }
  return result;
}

double win_rate(std::span<double const> a, std::span<double const> b) {
  TVEM_CHECK(a.size() == b.size(), "paired values differ in number");
  Moments wins;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!std::isnan(a[i] - b[i])) wins.add(a[i] < b[i] ? 1.0 : a[i] == b[i] ? 0.5 : 0.0);
  return wins.mean();
}

}  // namespace tvem
