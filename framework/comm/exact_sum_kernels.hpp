#pragma once

#include <cstddef>

#include "framework/core/processor/variants.hpp"

namespace tvem {

/// The inner loop of the reproducible sum (exact_sum.hpp).
struct ExactSumKernels {
  /// sum[i] += (summands[i] + magic) - magic, in double precision. Returns the largest magnitude
  /// among the n summands; NaN counts as larger than infinity.
  float (*add_rounded)(double* sum, float const* summands, std::size_t n, double magic);
};

TVEM_DECLARE_VARIANTS(ExactSumKernels);

}  // namespace tvem
