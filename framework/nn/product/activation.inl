#pragma once

#include "framework/core/processor/vector_math.inl"
#include "framework/nn/kernels.hpp"

namespace tvem {
namespace {

/// x Phi(x) and Phi(x) + x phi(x), with Phi from erf by Abramowitz and Stegun 7.1.26, which shares
/// exp(-x^2 / 2) with the density.
inline void gelu_and_slope(FloatVector x, FloatVector& value, FloatVector& slope) {
  FloatVector const magnitude = (FloatVector)((BitsVector)x & 0x7fffffffu);
  FloatVector const t =
      reciprocal(fused(magnitude, broadcast(0.3275911f * 0.70710678f), broadcast(1.0f)));
  FloatVector const e = exponential(x * x * -0.5f);
  FloatVector p = broadcast(1.061405429f);
  p = fused(p, t, broadcast(-1.453152027f));
  p = fused(p, t, broadcast(1.421413741f));
  p = fused(p, t, broadcast(-0.284496736f));
  p = fused(p, t, broadcast(0.254829592f));
  FloatVector const tail = 0.5f * p * t * e;  // 1 - Phi(|x|)
  FloatVector const phi = x < 0.0f ? tail : 1.0f - tail;
  value = x * phi;
  slope = fused(x * 0.39894228f, e, phi);
}
/// Double precision is for gradient checks: accuracy matters there, speed does not.
inline void gelu_and_slope(DoubleVector x, DoubleVector& value, DoubleVector& slope) {
  for (int i = 0; i < lanes<double>; ++i) {
    double const phi = 0.5 * __builtin_erfc(-x[i] * 0.70710678118654752440);
    value[i] = x[i] * phi;
    slope[i] = phi + x[i] * 0.39894228040143267794 * __builtin_exp(-0.5 * x[i] * x[i]);
  }
}

/// NaN stays NaN; 0 has slope 0, as in PyTorch.
template <class V>
inline void relu_and_slope(V x, V& value, V& slope) {
  slope = x > 0 ? V{} + 1 : V{};
  value = x * slope;
}

/// Calls f(x, value, slope) for the vectors of rows x cols values at x, in place, and of their
/// slopes, both `stride` apart.
template <class T, bool is_whole, class F>
inline void for_vectors(int rows, int cols, std::ptrdiff_t stride, T* x, T* slope, F const& f) {
  for (int r = 0; r < rows; ++r, x += stride, slope += stride)
    for (int j = 0; j < cols; j += lanes<T>) {
      int const count = is_whole ? lanes<T> : cols - j;
      Vector<T> value, derivative;
      f(load_first(x + j, count), value, derivative);
      store_first(x + j, value, count);
      store_first(slope + j, derivative, count);
    }
}

template <class T, class F>
inline void for_vectors(int rows, int cols, std::ptrdiff_t stride, T* x, T* slope, F const& f) {
  if (cols % lanes<T> == 0)
    for_vectors<T, true>(rows, cols, stride, x, slope, f);
  else
    for_vectors<T, false>(rows, cols, stride, x, slope, f);
}

/// Activation of rows x cols values in place, and its derivative, both `stride` apart.
template <class T>
void activate(Activation activation, int rows, int cols, std::ptrdiff_t stride, T* x, T* slope) {
  using V = Vector<T>;
  if (activation == Activation::gelu)
    for_vectors(rows, cols, stride, x, slope,
                [](V v, V& value, V& derivative) { gelu_and_slope(v, value, derivative); });
  else
    for_vectors(rows, cols, stride, x, slope,
                [](V v, V& value, V& derivative) { relu_and_slope(v, value, derivative); });
}

}  // namespace
}  // namespace tvem
