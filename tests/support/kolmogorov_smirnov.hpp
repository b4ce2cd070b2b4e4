#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace tvem::test {

/// sqrt(n) times the largest distance of the empirical distribution function of the values from
/// `distribution`. Above 1.95 for a tenth of a percent of samples from it (Kolmogorov's limit).
template <class F>
double kolmogorov_smirnov(std::vector<double> values, F const& distribution) {
  std::sort(values.begin(), values.end());
  auto const n = static_cast<double>(values.size());
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    double const p = distribution(values[i]);
    largest =
        std::max({largest, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return std::sqrt(n) * largest;
}
inline constexpr double kolmogorov_smirnov_limit = 1.95;

inline double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
/// Of variance 1.
inline double laplace_distribution(double x) {
  double const tail = 0.5 * std::exp(-std::sqrt(2.0) * std::fabs(x));
  return x < 0 ? tail : 1 - tail;
}
/// Student's t with 4 degrees of freedom, rescaled to variance 1.
inline double student_4_distribution(double x) {
  double const t = x * std::sqrt(2.0), root = std::sqrt(1 + t * t / 4);
  return 0.5 + 0.375 * t / root * (1 - t * t / (12 * root * root));
}

}  // namespace tvem::test
