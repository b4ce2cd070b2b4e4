#include "framework/metrics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/math.hpp"
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
  return count > 0 ? sum / as_real(count) : std::numeric_limits<double>::quiet_NaN();
}

double Moments::standard_error() const {
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  double const n = as_real(count);
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

/// With so many tasks, the saddlepoint approximation knows the distribution of a bootstrap sample's
/// mean better than a thousand samples do.
constexpr std::size_t many_tasks = 10'000;

/// The cumulant generating function of values, and its first two derivatives.
struct Cumulants {
  double k, first, second;
};

Cumulants cumulants_at(double t, std::span<double const> values) {
  double growth = 0, first = 0, second = 0;
  for (double const value : values) {
    double const change = portable_expm1(t * value);
    growth += change;
    first += value * (change + 1);
    second += value * value * (change + 1);
  }
  double const n = as_real(std::ssize(values)), weight = n + growth;
  double const mean = first / weight;
  return {.k = portable_log1p(growth / n), .first = mean, .second = second / weight - mean * mean};
}

double r_star_at(double t, std::vector<double> const& standard) {
  double const n = as_real(std::ssize(standard));
  auto const [k, first, second] = cumulants_at(t, standard);
  double const r = std::copysign(std::sqrt(2 * n * (t * first - k)), t);
  return r + portable_log(t * std::sqrt(n * second) / r) / r;
}

/// Means of bootstrap samples.
std::vector<double> resampled_means(std::vector<double> const& values, int n_resamples) {
  std::vector<double> means;
  std::int64_t const n = std::ssize(values);
  for (int r = 0; r < n_resamples && n > 0; ++r) {
    RandomStream random(0, Purpose::bootstrap, n_resamples, r);
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += values[random.integer(0, n - 1)];
    means.push_back(sum / as_real(n));
  }
  return means;
}

}  // namespace

double saddlepoint_quantile(std::span<double const> values, double p) {
  TVEM_CHECK(std::abs(p - 0.5) > 0.16 && std::abs(p - 0.5) < 0.5, "no quantile in the tails");
  Moments const moments = moments_of(values);
  double const n = as_real(std::ssize(values));
  double const scale = moments.standard_error() * std::sqrt(n - 1);  // standard deviation
  std::vector<double> standard;
  for (double const value : values) standard.push_back((value - moments.mean()) / scale);
  double const z = normal_quantile(p);
  // r* is normal, and nearly sqrt(n) t: a few steps solve r*(t) = z.
  double t = z / std::sqrt(n);
  for (int i = 0; i < 50; ++i) {
    double const r_star = r_star_at(t, standard);
    // Where hardly any value differs, the quantile is the smallest or largest value, and t grows
    // without end.
    if (!std::isfinite(r_star)) break;
    t -= (r_star - z) / std::sqrt(n);
    if (std::abs(r_star - z) < 1e-9) break;
  }
  return moments.mean() + scale * cumulants_at(t, standard).first;
}

namespace {

/// The difference with the standard error and the interval of infinitely many bootstrap samples.
PairedDifference with_saddlepoint(PairedDifference difference,
                                  std::vector<double> const& differences) {
  double const n = as_real(std::ssize(differences));
  difference.standard_error *= std::sqrt((n - 1) / n);
  if (difference.standard_error > 0) {
    difference.low = saddlepoint_quantile(differences, 0.025);
    difference.high = saddlepoint_quantile(differences, 0.975);
  }
  return difference;
}

/// a - b where both are numbers.
std::vector<double> defined_differences(std::span<double const> a, std::span<double const> b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!std::isnan(a[i] - b[i])) differences.push_back(a[i] - b[i]);
  return differences;
}

}  // namespace

PairedDifference bootstrap_difference(std::span<double const> a, std::span<double const> b,
                                      int n_resamples) {
  PairedDifference difference = paired_difference(a, b);
  auto const differences = defined_differences(a, b);
  if (differences.size() >= many_tasks) return with_saddlepoint(difference, differences);
  auto const means = resampled_means(differences, n_resamples);
  difference.standard_error =
      moments_of(means).standard_error() * std::sqrt(as_real(std::ssize(means)));
  double const levels[] = {0.025, 0.975};
  auto const interval = quantiles(means, levels);
  difference.low = interval[0];
  difference.high = interval[1];
  return difference;
}

namespace {

double quantile_of_sorted(std::vector<double> const& sorted, double p) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::int64_t const last = std::ssize(sorted) - 1;
  double const place = p * as_real(last);
  std::int64_t const below = whole_part(place);
  double const rest = place - as_real(below);
  return below == last ? sorted[below] : sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

}  // namespace

double quantile(std::span<double const> values, double p) { return quantiles(values, {&p, 1})[0]; }

std::vector<double> quantiles(std::span<double const> values, std::span<double const> levels) {
  std::vector<double> sorted;
  for (double const value : values)
    if (!std::isnan(value)) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> result;
  for (double const p : levels) result.push_back(quantile_of_sorted(sorted, p));
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
