#include "framework/core/random.hpp"

#include <cmath>

#include <Random123/philox.h>

#include "framework/core/enum_names.hpp"
#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/math.hpp"

namespace tvem {

RandomStream::RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t id,
                           std::uint64_t index)
    : key_{seed, number_of(purpose)}, counter_{0, id, index, 0} {}

std::uint64_t RandomStream::bits() {
  if (n_left_ == 0) {
    r123::Philox4x64 philox;
    r123::Philox4x64::ctr_type const counter{{counter_[0], counter_[1], counter_[2], counter_[3]}};
    r123::Philox4x64::key_type const key{{key_[0], key_[1]}};
    auto const block = philox(counter, key);
    for (std::size_t i = 0; i < 4; ++i) block_[i] = block[i];
    ++counter_[0];
    n_left_ = 4;
  }
  return block_[4 - n_left_--];
}

double RandomStream::uniform() {
  // 52 random bits and a half: symmetric about 1/2, never 0 or 1.
  return (as_real(bits() >> 12) + 0.5) * 0x1p-52;
}

std::int64_t RandomStream::wide_integer(std::int64_t low, std::int64_t high) {
  TVEM_CHECK(low <= high, "the range of a random integer is empty");
  std::uint64_t const first = low, last = high, span = last - first + 1;
  if (span == 0) return bits();
  // Values past the last multiple of span would favour small results; they are drawn again.
  std::uint64_t const excess = (~std::uint64_t{0} % span + 1) % span;
  std::uint64_t value = bits();
  while (value > ~std::uint64_t{0} - excess) value = bits();
  return first + value % span;
}

double RandomStream::normal() { return normal_quantile(uniform()); }

double RandomStream::log_gamma_variate(double shape) {
  TVEM_CHECK(shape > 0, "the shape of a gamma variate must be positive");
  // Gamma(a) = Gamma(a + 1) U^(1/a).
  if (shape < 1) {
    double const boost = portable_log(uniform()) / shape;
    return log_gamma_variate(shape + 1) + boost;
  }
  double const d = shape - 1.0 / 3.0;
  double const c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    double const x = normal();
    double const t = 1.0 + c * x;
    if (t <= 0) continue;
    double const v = t * t * t;
    double const log_v = portable_log(v);
    if (portable_log(uniform()) < 0.5 * x * x + d - d * v + d * log_v)
      return portable_log(d) + log_v;
  }
}

namespace {

/// A quotient of two polynomials of degree 7; their coefficients begin with the constant.
struct Rational {
  std::array<double, 8> numerator, denominator;
};

// The approximations of AS 241: about the centre, and on two parts of the tails.
constexpr Rational central{
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
     1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
     3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
     5.2264952788528545610e+3}};
constexpr Rational middle_tail{
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9}};
constexpr Rational far_tail{
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15}};

double polynomial(std::array<double, 8> const& coefficients, double x) {
  double value = coefficients[7];
  for (int i = 6; i >= 0; --i) value = value * x + coefficients[i];
  return value;
}

double value_at(double x, Rational const& rational) {
  return polynomial(rational.numerator, x) / polynomial(rational.denominator, x);
}

}  // namespace

double normal_quantile(double p) {
  double const q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    double const r = 0.180625 - q * q;
    return q * polynomial(central.numerator, r) / polynomial(central.denominator, r);
  }
  double const r = std::sqrt(-portable_log(q < 0 ? p : 1.0 - p));
  double const value = r <= 5.0 ? value_at(r - 1.6, middle_tail) : value_at(r - 5.0, far_tail);
  return q < 0 ? -value : value;
}

}  // namespace tvem
