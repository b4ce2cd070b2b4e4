#pragma once

// Everything that is not a matrix product: sums over rows and columns, softmax, normalisation,
// activation.

#include "tvem/nn/simd.inl"

namespace tvem {
namespace {

/// Lanes of the vector that starts at `i` of n which hold values.
template <class T>
inline int filled_lanes(std::size_t n, std::size_t i) {
  return n - i < static_cast<std::size_t>(lanes<T>) ? static_cast<int>(n - i) : lanes<T>;
}

template <class T>
void add_column_sums(int rows, int cols, T const* x, T* sums) {
  for (int j = 0; j < cols; j += lanes<T>) {
    int const count = cols - j < lanes<T> ? cols - j : lanes<T>;
    Vector<T> sum{};
    for (int i = 0; i < rows; ++i)
      sum += load_first(x + static_cast<std::ptrdiff_t>(i) * cols + j, count);
    store_first(sums + j, load_first(sums + j, count) + sum, count);
  }
}

template <class T>
void softmax_row(int cols, T* x) {
  Vector<T> largest = broadcast(x[0]);
  for (int j = 0; j < cols; j += lanes<T>) {
    Vector<T> const v = load_first(x + j, cols - j, x[0]);
    largest = v > largest ? v : largest;
  }
  Vector<T> const shift = broadcast(lane_max<T>(largest));
  T sum = 0;
  Vector<T> sums{};
  int j = 0;
  for (; j + lanes<T> <= cols; j += lanes<T>) {
    Vector<T> const e = exponential(load(x + j) - shift);
    store(x + j, e);
    sums += e;
  }
  sum = lane_sum<T>(sums);
  if (j < cols) {
    Vector<T> const e = exponential(load_first(x + j, cols - j) - shift);
    store_first(x + j, e, cols - j);
    for (int c = 0; c < cols - j; ++c) sum += e[c];
  }
  Vector<T> const scale = broadcast(T(1) / sum);
  for (j = 0; j < cols; j += lanes<T>)
    store_first(x + j, load_first(x + j, cols - j) * scale, cols - j);
}

template <class T>
void softmax_rows(int rows, int cols, T* x) {
  for (int i = 0; i < rows; ++i) softmax_row(cols, x + static_cast<std::ptrdiff_t>(i) * cols);
}

template <class T>
void softmax_rows_backward(int rows, int cols, T const* p, T* dp) {
  for (int i = 0; i < rows; ++i, p += cols, dp += cols) {
    Vector<T> dot{};
    for (int j = 0; j < cols; j += lanes<T>)
      dot = fused(load_first(p + j, cols - j), load_first(dp + j, cols - j), dot);
    Vector<T> const mean = broadcast(lane_sum<T>(dot));
    for (int j = 0; j < cols; j += lanes<T>)
      store_first(dp + j, load_first(p + j, cols - j) * (load_first(dp + j, cols - j) - mean),
                  cols - j);
  }
}

/// Mean of a row and the inverse of its standard deviation.
template <class T>
void row_moments(int cols, T const* x, T& mean, T& inverse_deviation) {
  Vector<T> sum{};
  for (int j = 0; j < cols; j += lanes<T>) sum += load_first(x + j, cols - j);
  mean = lane_sum<T>(sum) / static_cast<T>(cols);
  Vector<T> squares{};
  for (int j = 0; j < cols; j += lanes<T>) {
    Vector<T> const centred = load_first(x + j, cols - j, mean) - mean;
    squares = fused(centred, centred, squares);
  }
  T const variance = lane_sum<T>(squares) / static_cast<T>(cols);
  inverse_deviation = T(1) / square_root(variance + T(1e-5));
}

template <class T>
void layer_norm(int rows, int cols, T const* x, T const* scale, T const* shift, T* y, T* mean,
                T* inverse_deviation) {
  for (int i = 0; i < rows; ++i, x += cols, y += cols) {
    row_moments(cols, x, mean[i], inverse_deviation[i]);
    for (int j = 0; j < cols; j += lanes<T>) {
      Vector<T> const unit = (load_first(x + j, cols - j) - mean[i]) * inverse_deviation[i];
      store_first(y + j,
                  fused(unit, load_first(scale + j, cols - j), load_first(shift + j, cols - j)),
                  cols - j);
    }
  }
}

template <class T>
void layer_norm_backward(int rows, int cols, T const* x, T const* mean, T const* inverse_deviation,
                         T const* scale, T const* dy, T const* add, T* dx, T* scale_gradient,
                         T* shift_gradient) {
  T const n = static_cast<T>(cols);
  for (int i = 0; i < rows; ++i, x += cols, dy += cols, dx += cols) {
    auto const unit_at = [&](int j) {
      return (load_first(x + j, cols - j, mean[i]) - mean[i]) * inverse_deviation[i];
    };
    Vector<T> sum{}, unit_sum{};
    for (int j = 0; j < cols; j += lanes<T>) {
      Vector<T> const unit = unit_at(j), d = load_first(dy + j, cols - j);
      store_first(scale_gradient + j, fused(d, unit, load_first(scale_gradient + j, cols - j)),
                  cols - j);
      store_first(shift_gradient + j, d + load_first(shift_gradient + j, cols - j), cols - j);
      Vector<T> const du = d * load_first(scale + j, cols - j);
      sum += du;
      unit_sum = fused(du, unit, unit_sum);
    }
    T const du_mean = lane_sum<T>(sum) / n, du_unit_mean = lane_sum<T>(unit_sum) / n;
    for (int j = 0; j < cols; j += lanes<T>) {
      Vector<T> const du = load_first(dy + j, cols - j) * load_first(scale + j, cols - j);
      Vector<T> d = (du - du_mean - unit_at(j) * du_unit_mean) * inverse_deviation[i];
      if (add) d += load_first(add + j, cols - j);
      store_first(dx + j, d, cols - j);
    }
    if (add) add += cols;
  }
}

/// x Phi(x) and Phi(x) + x phi(x), with Phi from erf by Abramowitz and Stegun 7.1.26, which shares
/// exp(-x^2 / 2) with the density.
inline void gelu_and_slope(FloatVector x, FloatVector& value, FloatVector& slope) {
  FloatVector const magnitude = x < 0.0f ? -x : x;
  FloatVector const t =
      1.0f / fused(magnitude, broadcast(0.3275911f * 0.70710678f), broadcast(1.0f));
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
inline void gelu_and_slope(DoubleVector x, DoubleVector& value, DoubleVector& slope) {
  for (int i = 0; i < lanes<double>; ++i) {
    double const phi = 0.5 * __builtin_erfc(-x[i] * 0.70710678118654752440);
    value[i] = x[i] * phi;
    slope[i] = phi + x[i] * 0.39894228040143267794 * __builtin_exp(-0.5 * x[i] * x[i]);
  }
}

template <class T>
void gelu(std::size_t n, T* x, T* slope) {
  for (std::size_t i = 0; i < n; i += static_cast<std::size_t>(lanes<T>)) {
    int const count = filled_lanes<T>(n, i);
    Vector<T> value, derivative;
    gelu_and_slope(load_first(x + i, count), value, derivative);
    store_first(x + i, value, count);
    store_first(slope + i, derivative, count);
  }
}

template <class T>
void relu(std::size_t n, T* x, T* slope) {
  for (std::size_t i = 0; i < n; i += static_cast<std::size_t>(lanes<T>)) {
    int const count = filled_lanes<T>(n, i);
    Vector<T> const v = load_first(x + i, count);
    Vector<T> const derivative = v > T(0) ? broadcast(T(1)) : broadcast(T(0));
    store_first(x + i, v * derivative, count);
    store_first(slope + i, derivative, count);
  }
}

template <class T>
void scale_by(std::size_t n, T const* factor, T* x) {
  for (std::size_t i = 0; i < n; i += static_cast<std::size_t>(lanes<T>)) {
    int const count = filled_lanes<T>(n, i);
    store_first(x + i, load_first(x + i, count) * load_first(factor + i, count), count);
  }
}

}  // namespace
}  // namespace tvem
