#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tvem {

/// Sum, sum of squares and count. Result files store these, since they can be merged. NaN values
/// are counted apart and not added.
struct Moments {
  double sum = 0;
  double square_sum = 0;
  std::int64_t count = 0;
  std::int64_t n_nan = 0;

  void add(double value);
  void merge(Moments const& other);
  /// NaN without values.
  double mean() const;
  /// Standard error of the mean, sqrt(sample variance / count); NaN below two values.
  double standard_error() const;
};

/// Moments of the values, added in their order.
Moments moments_of(std::span<double const> values);

/// Mean of a difference with its 95 % interval.
struct PairedDifference {
  double mean;
  double standard_error;
  double low;  // mean -+ 1.96 standard errors
  double high;
};

/// The mean of differences with these moments.
PairedDifference difference_of(Moments const& differences);

/// Paired difference a - b over the same tasks. a, b: same length; pairs with a NaN are left out.
PairedDifference paired_difference(std::span<double const> a, std::span<double const> b);

/// Paired difference with the 95 % percentile interval of `n_resamples` bootstrap samples of the
/// tasks, keyed by (Purpose::bootstrap, n_resamples). It checks the interval above, which assumes
/// that the mean is normal. From 10 000 tasks on the interval is that of the saddlepoint
/// approximation, which needs no samples (Davison and Hinkley, Biometrika 75, 1988).
PairedDifference bootstrap_difference(std::span<double const> a, std::span<double const> b,
                                      int n_resamples);

/// The p-quantile of the mean of a bootstrap sample of the values, by the saddlepoint approximation
/// with r* (Barndorff-Nielsen). values: not all equal, none NaN. p: at most 1/3, or at least 2/3;
/// near the median r* is a quotient of small numbers.
double saddlepoint_quantile(std::span<double const> values, double p);

/// The p-quantile, 0 <= p <= 1, with linear interpolation between order statistics, as numpy's; NaN
/// values are left out. NaN without values.
double quantile(std::span<double const> values, double p);
/// Several of them.
std::vector<double> quantiles(std::span<double const> values, std::span<double const> levels);

/// Share of tasks on which a < b, ties counting half; pairs with a NaN are left out.
double win_rate(std::span<double const> a, std::span<double const> b);

}  // namespace tvem
