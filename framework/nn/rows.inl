#pragma once

// Sums over rows and columns, softmax, normalisation.

#include "framework/core/processor/vector_math.inl"

namespace tvem {
namespace {

template <class T>
void add_column_sums(int rows, int cols, T const* x, T* sums) {
  for (int j = 0; j < cols; j += lanes<T>) {
    int const count = cols - j < lanes<T> ? cols - j : lanes<T>;
    Vector<T> sum = load_first(sums + j, count);
    for (std::ptrdiff_t i = 0; i < rows; ++i) sum += load_first(x + i * cols + j, count);
    store_first(sums + j, sum, count);
  }
}

/// The largest of cols values, unless they are NaN. It does not depend on an order.
template <class T>
inline T largest_of(int cols, T const* x) {
  Vector<T> largest = broadcast(x[0]);
  for (int j = 0; j < cols; j += lanes<T>) {
    Vector<T> const v = load_first(x + j, cols - j, x[0]);
    largest = v > largest ? v : largest;
  }
  T result = largest[0];
  for (int lane = 1; lane < lanes<T>; ++lane)
    result = largest[lane] > result ? largest[lane] : result;
  return result;
}

template <class T>
void softmax_row(int cols, T* x) {
  Vector<T> const shift = broadcast(largest_of(cols, x));
  T const nothing = rounded<T>(-__builtin_inf());  // its exponential is 0
  LaneSum<T> sum;
  for_each_vector<T>(cols, [&](int j, int part) {
    Vector<T> const e = exponential(load_first(x + j, cols - j, nothing) - shift);
    store_first(x + j, e, cols - j);
    sum.part[part] += e;
  });
  Vector<T> const scale = broadcast(T(1) / sum.total());
  for (int j = 0; j < cols; j += lanes<T>)
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
  LaneSum<T> sum;
  for_each_vector<T>(cols, [&](int j, int part) { sum.part[part] += load_first(x + j, cols - j); });
  T const m = sum.total() / rounded<T>(cols);
  LaneSum<T> squares;
  for_each_vector<T>(cols, [&](int j, int part) {
    Vector<T> const centred = load_first(x + j, cols - j, m) - m;
    squares.part[part] = fused(centred, centred, squares.part[part]);
  });
  T const variance = squares.total() / rounded<T>(cols);
  mean = m;
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
    LaneSum<T> sum, unit_sum;
    for_each_vector<T>(cols, [&](int j, int part) {
      Vector<T> const unit = unit_at(j), d = load_first(dy + j, cols - j);
      store_first(scale_gradient + j, fused(d, unit, load_first(scale_gradient + j, cols - j)),
                  cols - j);
      store_first(shift_gradient + j, d + load_first(shift_gradient + j, cols - j), cols - j);
      Vector<T> const du = d * load_first(scale + j, cols - j);
      sum.part[part] += du;
      unit_sum.part[part] = fused(du, unit, unit_sum.part[part]);
    });
    T const du_mean = sum.total() / n, du_unit_mean = unit_sum.total() / n;
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
