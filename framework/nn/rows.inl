#pragma once

// Sums over rows and columns, softmax, normalisation.

#include "framework/core/processor/simd.inl"

namespace tvem {
namespace {

template <class T>
void add_column_sums(int rows, int cols, T const* x, T* sums) {
  for (int j = 0; j < cols; j += lanes<T>) {
    int const count = cols - j < lanes<T> ? cols - j : lanes<T>;
    Vector<T> sum{};
    for (std::ptrdiff_t i = 0; i < rows; ++i) sum += load_first(x + i * cols + j, count);
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
  Vector<T> const shift = broadcast(lane_max(largest));
  T sum = 0;
  Vector<T> sums{};
  int j = 0;
  for (; j + lanes<T> <= cols; j += lanes<T>) {
    Vector<T> const e = exponential(load(x + j) - shift);
    store(x + j, e);
    sums += e;
  }
  sum = lane_sum(sums);
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
  for (std::ptrdiff_t i = 0; i < rows; ++i) softmax_row(cols, x + i * cols);
}

template <class T>
void exponential_rows(int rows, int cols, T scale, T* x) {
  // `exponential` has no meaning past the limit; infinity says what happened.
  Vector<T> const limit = broadcast(sizeof(T) == sizeof(float) ? T(88) : T(700));
  Vector<T> const infinity = broadcast(rounded<T>(__builtin_inf()));
  for (int i = 0; i < rows; ++i, x += cols)
    for (int j = 0; j < cols; j += lanes<T>) {
      Vector<T> const v = load_first(x + j, cols - j);
      store_first(x + j, v > limit ? infinity : exponential(v) * scale, cols - j);
    }
}

/// Sums column by column, as a product does. Where softmax has put all weight on one point, the
/// product dP of that point and this sum then cancel to 0, not to a rounding error as large as
/// theirs.
template <class T>
void negative_row_products(int rows, int cols, std::ptrdiff_t stride, T const* x, T const* y,
                           T* products) {
  for (int i = 0; i < rows; ++i, x += stride, y += stride) {
    T sum = 0;
    for (int j = 0; j < cols; ++j) sum = fused(x[j], y[j], sum);
    products[i] = -sum;
  }
}

/// Mean of a row and the inverse of its standard deviation.
template <class T>
void row_moments(int cols, T const* x, T& mean, T& inverse_deviation) {
  Vector<T> sum{};
  for (int j = 0; j < cols; j += lanes<T>) sum += load_first(x + j, cols - j);
  mean = lane_sum(sum) / rounded<T>(cols);
  Vector<T> squares{};
  for (int j = 0; j < cols; j += lanes<T>) {
    Vector<T> const centred = load_first(x + j, cols - j, mean) - mean;
    squares = fused(centred, centred, squares);
  }
  T const variance = lane_sum(squares) / rounded<T>(cols);
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
  T const n = rounded<T>(cols);
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
    T const du_mean = lane_sum(sum) / n, du_unit_mean = lane_sum(unit_sum) / n;
    for (int j = 0; j < cols; j += lanes<T>) {
      Vector<T> const du = load_first(dy + j, cols - j) * load_first(scale + j, cols - j);
      Vector<T> d = (du - du_mean - unit_at(j) * du_unit_mean) * inverse_deviation[i];
      if (add) d += load_first(add + j, cols - j);
      store_first(dx + j, d, cols - j);
    }
    if (add) add += cols;
  }
}

}  // namespace
}  // namespace tvem
