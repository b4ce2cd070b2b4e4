#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace tvem {

// Logarithm and exponential in double precision from additions, multiplications and divisions
// alone. The C library chooses among variants by processor, whose last bits may differ; tasks and
// EM must be the same bits on every node, so they use these. Relative error below 1e-15 (unit
// test).

/// Natural logarithm; x must be positive and normal. NaN gives NaN, infinity gives infinity.
inline double portable_log(double x) {
  if (!(x < std::numeric_limits<double>::infinity())) return x;
  constexpr double ln2_high = 6.93147180369123816490e-01;  // 32 bits, so that e * ln2_high is exact
  constexpr double ln2_low = 1.90821492927058770002e-10;
  auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL;
  double m = std::bit_cast<double>(bits);  // in [1, 2)
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.1716; the series ends below 1e-17.
  double const f = m - 1.0;
  double const s = f / (2.0 + f);
  double const z = s * s;
  double series = 1.0 / 21.0;
  series = series * z + 1.0 / 19.0;
  series = series * z + 1.0 / 17.0;
  series = series * z + 1.0 / 15.0;
  series = series * z + 1.0 / 13.0;
  series = series * z + 1.0 / 11.0;
  series = series * z + 1.0 / 9.0;
  series = series * z + 1.0 / 7.0;
  series = series * z + 1.0 / 5.0;
  series = series * z + 1.0 / 3.0;
  // 2 artanh(s) = f - s (f - 2 z series): the leading term f is exact, only the correction is
  // rounded.
  double const correction = s * (f - 2.0 * z * series);
  double const e = exponent;
  return e * ln2_high + (f - (correction - e * ln2_low));
}

/// 2^n for a normal number.
inline double power_of_two(std::int64_t n) { return std::bit_cast<double>((n + 1023) << 52); }

/// Exponential; 0 below -745, infinity above 709.78; results below the normal range are flushed to
/// 0.
inline double portable_exp(double x) {
  if (!(x > -708.0)) return x != x ? x : 0.0;
  if (x > 709.78) return std::numeric_limits<double>::infinity();
  constexpr double ln2_high = 6.93147180369123816490e-01;
  constexpr double ln2_low = 1.90821492927058770002e-10;
  constexpr double round = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  double const n = (x * 1.44269504088896338700 + round) - round;
  double const r = (x - n * ln2_high) - n * ln2_low;  // |r| <= 0.347
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  double const value = 1.0 + (r + r * r * p);
  // 2^n in two steps: n = 1024 has no exponent of its own.
  auto const whole = static_cast<std::int64_t>(n);
  auto const half = whole / 2;
  return value * power_of_two(half) * power_of_two(whole - half);
}

/// exp(x) - 1, relative error below 1e-15.
inline double portable_expm1(double x) {
  if (!(x > -0.5 && x < 0.5)) return portable_exp(x) - 1;
  double sum = 1.0 / 18;  // x (1 + x/2 (1 + x/3 (...)))
  for (int i = 17; i >= 2; --i) sum = 1.0 / i + sum * x / i;
  return x + x * (x * sum);
}

/// log(1 + x) for x > -1, relative error below 1e-15.
inline double portable_log1p(double x) {
  if (!(x > -0.25 && x < 0.25)) return portable_log(1 + x);
  double const s = x / (2 + x), z = s * s;  // log(1 + x) = 2 artanh(s), as in portable_log
  double series = 1.0 / 21;
  for (int i = 19; i >= 3; i -= 2) series = series * z + 1.0 / i;
  return x - s * (x - 2 * z * series);
}

/// 2 / sqrt(pi) times the integral of exp(-t^2) from x to infinity; relative error below 1e-13
/// where it is above 1e-300, else 0.
inline double portable_erfc(double x) {
  if (x < 0) return 2 - portable_erfc(-x);
  constexpr double sqrt_pi = 1.77245385090551602730;
  double const density = portable_exp(-x * x) / sqrt_pi;
  if (x < 1.5) {  // 1 - erf; Abramowitz and Stegun 7.1.6
    double term = 2 * x * density, sum = term;
    for (int i = 1; i <= 60; ++i) {
      term *= 2 * x * x / (2 * i + 1);
      sum += term;
    }
    return 1 - sum;
  }
  double fraction = x;  // Abramowitz and Stegun 7.1.14
  for (int i = 120; i >= 1; --i) fraction = x + 0.5 * i / fraction;
  return density / fraction;
}

/// base^exponent for base >= 0 and exponent > 0.
inline double portable_power(double base, double exponent) {
  return base == 0 ? 0.0 : portable_exp(exponent * portable_log(base));
}

/// log Gamma(x) for x > 0; relative error below 1e-13, absolute near its zeros 1 and 2.
inline double portable_log_gamma(double x) {
  // Gamma(x) = Gamma(x + n) / (x (x + 1) ... (x + n - 1)), then Stirling's series.
  double product = 1;
  for (; x < 12; x += 1) product *= x;
  double const z = 1 / (x * x);
  double series = -691.0 / 360360.0;
  series = series * z + 1.0 / 1188.0;
  series = series * z - 1.0 / 1680.0;
  series = series * z + 1.0 / 1260.0;
  series = series * z - 1.0 / 360.0;
  series = series * z + 1.0 / 12.0;
  constexpr double half_log_two_pi = 0.91893853320467274178;
  return (x - 0.5) * portable_log(x) - x + half_log_two_pi + series / x - portable_log(product);
}

/// The derivative of log Gamma(x) for x > 0; absolute error below 1e-14 for x above 1.
inline double portable_digamma(double x) {
  // digamma(x) = digamma(x + n) - 1 / x - ... - 1 / (x + n - 1), then the asymptotic series.
  double sum = 0;
  for (; x < 12; x += 1) sum += 1 / x;
  double const z = 1 / (x * x);
  double series = 691.0 / 32760.0;
  series = series * z - 1.0 / 132.0;
  series = series * z + 1.0 / 240.0;
  series = series * z - 1.0 / 252.0;
  series = series * z + 1.0 / 120.0;
  series = series * z - 1.0 / 12.0;
  return portable_log(x) - 0.5 / x + series * z - sum;
}

/// cos(pi x) for x in [0, 1]; absolute error below 1e-15.
inline double portable_cos_pi(double x) {
  if (x > 0.5) return -portable_cos_pi(1 - x);
  // sin(pi (1/2 - x)) is accurate near its zero, where cos(pi x) would lose digits; both by their
  // series.
  bool const is_near_zero = x > 0.25;
  double const y = 3.14159265358979323846 * (is_near_zero ? 0.5 - x : x);
  double const z = y * y;
  double term = is_near_zero ? y : 1.0, sum = term;
  for (int i = is_near_zero ? 2 : 1; i <= 20; i += 2) {
    term *= -z / (i * (i + 1));
    sum += term;
  }
  return sum;
}

}  // namespace tvem
