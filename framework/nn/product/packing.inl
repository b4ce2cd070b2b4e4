#pragma once

// Packs the right operand of a product into panels as wide as a tile.

#include "framework/core/processor/simd.inl"
#include "framework/nn/product/transpose.inl"

namespace tvem {
namespace {

/// Columns of the panel that begins with column `j` of n: two vectors, or one at the end where one
/// is enough.
template <class T>
inline int panel_width(int n, int j) {
  return n - j <= lanes<T> ? lanes<T> : 2 * lanes<T>;
}

template <class T>
std::size_t packed_size(int k, int n) {
  std::size_t width = 0;
  for (int j = 0; j < n; j += 2 * lanes<T>) width += panel_width<T>(n, j);
  return width * k;
}

/// Packs one vector of a panel's columns from contiguous rows. Adds the rows to `sums` (or none),
/// one after the other.
template <class T>
inline void pack_columns(T const* b, std::ptrdiff_t row_stride, int k, int n_cols, T* packed,
                         std::ptrdiff_t width, T* sums) {
  Vector<T> sum = sums ? load_first(sums, n_cols) : Vector<T>{};
  if (n_cols >= lanes<T>) {
    for (int p = 0; p < k; ++p) {
      Vector<T> const row = load(b + p * row_stride);
      __builtin_prefetch(b + (p + 16) * row_stride);
      store(packed + p * width, row);
      sum += row;
    }
  } else {
    for (int p = 0; p < k; ++p) {
      Vector<T> const row = load_partial(b + p * row_stride, n_cols);
      store(packed + p * width, row);
      sum += row;
    }
  }
  if (sums) store_first(sums, sum, n_cols);
}

/// Packs the same from contiguous columns.
template <class T>
inline void pack_transposed(T const* b, std::ptrdiff_t col_stride, int k, int n_cols, T* packed,
                            std::ptrdiff_t width) {
  int p = 0;
  if (n_cols >= lanes<T>)
    for (; p + lanes<T> <= k; p += lanes<T>)
      transpose(b + p, col_stride, packed + p * width, width);
  for (; p < k; ++p) {
    T* const row = packed + p * width;
    for (int c = 0; c < lanes<T>; ++c) row[c] = c < n_cols ? b[c * col_stride + p] : T(0);
  }
}

template <class T>
void pack(T const* b, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, int k, int n, T* packed,
          T* column_sums) {
  for (int j = 0; j < n; j += 2 * lanes<T>) {
    std::ptrdiff_t const width = panel_width<T>(n, j);
    for (int v = 0; v < width; v += lanes<T>) {
      T const* const source = b + (j + v) * col_stride;
      int const n_cols = n - j - v;
      if (col_stride == 1)
        pack_columns(source, row_stride, k, n_cols, packed + v, width,
                     column_sums ? column_sums + j + v : nullptr);
      else
        pack_transposed(source, col_stride, k, n_cols, packed + v, width);
    }
    packed += width * k;
  }
}

}  // namespace
}  // namespace tvem
