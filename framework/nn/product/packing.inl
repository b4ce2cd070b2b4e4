#pragma once

// Packs the right operand of a product into panels as wide as a tile.

#include "framework/core/processor/simd.inl"
#include "framework/nn/product/transpose.inl"

namespace tvem {
namespace {

/// Whether loops fetch their operands ahead. With AVX-512 a tile is over in half the time, and
/// steps are faster so. Narrower vectors give the processor time to fetch by itself.
constexpr bool fetches_ahead = TVEM_VECTOR_BYTES == 64;

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

/// Packs a panel of `vectors` vectors from contiguous rows, of which it takes n_cols values. Adds
/// the rows to `sums` (or none), one after the other.
template <class T, int vectors>
inline void pack_rows(T const* b, std::ptrdiff_t row_stride, int k, int n_cols, T* packed,
                      T* sums) {
  Vector<T> sum[vectors] = {};
  for (int v = 0; sums && v < vectors; ++v)
    sum[v] = load_first(sums + v * lanes<T>, n_cols - v * lanes<T>);
  bool const is_whole = n_cols >= vectors * lanes<T>;
  for (int p = 0; p < k; ++p, b += row_stride, packed += vectors * lanes<T>) {
    if constexpr (fetches_ahead) __builtin_prefetch(b + 16 * row_stride);
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      Vector<T> const row =
          is_whole ? load(b + v * lanes<T>) : load_first(b + v * lanes<T>, n_cols - v * lanes<T>);
      store(packed + v * lanes<T>, row);
      sum[v] += row;
    }
  }
  for (int v = 0; sums && v < vectors; ++v)
    store_first(sums + v * lanes<T>, sum[v], n_cols - v * lanes<T>);
}

/// Packs one vector of a panel's columns from contiguous columns.
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

template <class T, int vectors>
void pack_panel(T const* b, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, int k, int n_cols,
                T* packed, T* column_sums) {
  if (col_stride == 1) return pack_rows<T, vectors>(b, row_stride, k, n_cols, packed, column_sums);
  for (int v = 0; v < vectors; ++v)
    pack_transposed(b + v * lanes<T> * col_stride, col_stride, k, n_cols - v * lanes<T>,
                    packed + v * lanes<T>, vectors * lanes<T>);
}

template <class T>
void pack(T const* b, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, int k, int n, T* packed,
          T* column_sums) {
  for (int j = 0; j < n; j += 2 * lanes<T>) {
    T const* const panel = b + j * col_stride;
    T* const sums = column_sums ? column_sums + j : nullptr;
    std::ptrdiff_t const width = panel_width<T>(n, j);
    if (width > lanes<T>)
      pack_panel<T, 2>(panel, row_stride, col_stride, k, n - j, packed, sums);
    else
      pack_panel<T, 1>(panel, row_stride, col_stride, k, n - j, packed, sums);
    packed += width * k;
  }
}

}  // namespace
}  // namespace tvem
