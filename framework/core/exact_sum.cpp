#include "tvem/core/exact_sum.hpp"

#include <bit>
#include <cmath>

#include "tvem/core/error.hpp"

namespace tvem {

Quantum::Quantum(int exponent) : exponent_(exponent), magic_(std::ldexp(1.5, 52 + exponent)) {}

Quantum Quantum::admitting(double magnitude, std::int64_t n_summands) {
  TVEM_CHECK(magnitude > 0 && n_summands > 0, "a sum needs summands that may be different from 0");
  // 2^(51 + e) >= magnitude * n, with the power of two at or above the product.
  int exponent = 0;
  double const fraction = std::frexp(magnitude * static_cast<double>(n_summands), &exponent);
  return Quantum((fraction == 0.5 ? exponent - 1 : exponent) - 51);
}

double Quantum::range(std::int64_t n_summands) const {
  TVEM_CHECK(n_summands > 0, "a sum needs summands");
  return std::ldexp(1.0, 51 + exponent_) / static_cast<double>(n_summands);
}

namespace {

/// The largest magnitude; NaN counts as infinity. The maximum over bit patterns of absolute values
/// orders floats like their magnitudes and puts infinity and NaN last, in any order of visiting.
float max_magnitude(std::span<float const> values) {
  std::uint32_t largest = 0;
  for (float const value : values) {
    std::uint32_t const bits = std::bit_cast<std::uint32_t>(value) & 0x7fffffffU;
    largest = bits > largest ? bits : largest;
  }
  return std::bit_cast<float>(largest);
}

}  // namespace

SummandState add_rounded(std::span<double> sum, std::span<float const> summands, Quantum quantum,
                         double limit) {
  TVEM_CHECK(sum.size() == summands.size(), "sum and summands differ in length");
  float const largest = max_magnitude(summands);
  if (!std::isfinite(largest)) return SummandState::non_finite;
  if (static_cast<double>(largest) > limit) return SummandState::out_of_range;
  for (std::size_t i = 0; i < sum.size(); ++i)
    sum[i] += quantum.round(static_cast<double>(summands[i]));
  return SummandState::in_range;
}

}  // namespace tvem
