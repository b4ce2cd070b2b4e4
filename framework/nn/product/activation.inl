#pragma once

#include "framework/core/processor/vector_math.inl"
#include "framework/nn/kernels.hpp"

namespace tvem {
namespace {

/// x Phi(x) and Phi(x) + x phi(x), with Phi from erf by Abramowitz and Stegun 7.1.26, which shares
/// exp(-x^2 / 2) with the density.
inline void gelu_and_slope(FloatVector x, FloatVector& value, FloatVector& slope) {
  FloatVector const magnitude = x < 0.0f ? -x : x;
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

/// Activation of n values in place, and its derivative.
template <class T>
inline void activate(Activation activation, int n, T* x, T* slope) {
  for (int i = 0; i < n; i += lanes<T>) {
    int const count = n - i;
    Vector<T> value, derivative;
    if (activation == Activation::gelu)
      gelu_and_slope(load_first(x + i, count), value, derivative);
    else
      relu_and_slope(load_first(x + i, count), value, derivative);
    store_first(x + i, value, count);
    store_first(slope + i, derivative, count);
  }
}

}  // namespace
}  // namespace tvem
