#include "framework/comm/exact_sum.hpp"

#include <cmath>

#include "framework/comm/exact_sum_kernels.hpp"
#include "framework/core/error.hpp"
#include "framework/core/index.hpp"

namespace tvem {

Quantum::Quantum(int exponent) : exponent_(exponent), magic_(std::ldexp(1.5, 52 + exponent)) {}

Quantum Quantum::admitting(double magnitude, std::int64_t n_summands) {
  TVEM_CHECK(magnitude > 0 && n_summands > 0, "a sum needs summands that may be different from 0");
  // 2^(51 + e) >= magnitude * n, with the power of two at or above the product.
  int exponent = 0;
  double const fraction = std::frexp(magnitude * as_real(n_summands), &exponent);
  return Quantum((fraction == 0.5 ? exponent - 1 : exponent) - 51);
}

double Quantum::range(std::int64_t n_summands) const {
  TVEM_CHECK(n_summands > 0, "a sum needs summands");
  return std::ldexp(1.0, 51 + exponent_) / as_real(n_summands);
}

SummandState add_rounded(std::span<double> sum, std::span<float const> summands, Quantum quantum,
                         double limit) {
  TVEM_CHECK(sum.size() == summands.size(), "sum and summands differ in length");
  ExactSumKernels const& kernels = variant<ExactSumKernels>();
  float const largest =
      kernels.add_rounded(sum.data(), summands.data(), summands.size(), quantum.magic());
  if (!std::isfinite(largest)) return SummandState::non_finite;
  return largest > limit ? SummandState::out_of_range : SummandState::in_range;
}

}  // namespace tvem
