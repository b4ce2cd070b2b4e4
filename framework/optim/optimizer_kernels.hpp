#pragma once

#include <cstddef>

#include "framework/core/processor/variants.hpp"

namespace tvem {

/// The factors of an Adam update that are the same for all parameters.
struct AdamFactors {
  double gradient;  // from the given gradient to the one that is used
  double beta1, beta2, first_correction, second_correction, rate;
  double decay_gradient;  // weight decay that is added to the gradient
  double keep;            // what decoupled weight decay leaves of a parameter
};

/// The passes over all parameters. Every instruction set gives the same bits: no multiplication is
/// fused with an addition, and sums have 32 lanes whatever the vectors have.
struct OptimizerKernels {
  /// sum_i x_i^2: lane i mod 32 first, then the lanes in order.
  double (*square_sum)(double const* x, std::size_t n);
  void (*adam)(AdamFactors const& factors, std::size_t n, double const* gradient,
               float* first_moment, float* second_moment, float* parameters);
};

TVEM_DECLARE_VARIANTS(OptimizerKernels);

}  // namespace tvem
