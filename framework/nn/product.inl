#pragma once

// Matrix products with a packed right operand. The block of C that stays in registers is
// `tile_rows` rows by two vectors; B is read from panels as wide as that, one row of the panel per
// step of k. Each element of C is one chain of multiply-adds over k = 0, 1, ..., whatever block it
// falls into: equal bits for equal rows, wherever they stand.

#include "tvem/nn/simd.inl"

namespace tvem {
namespace {

/// Rows of a register block: accumulators fill the registers but for a panel row and a broadcast.
constexpr int tile_rows = TVEM_VECTOR_BYTES == 64 ? 12 : TVEM_VECTOR_BYTES == 32 ? 6 : 4;

/// Columns from column `j` of n in one panel: two vectors, or one at the end where that is enough.
template <class T>
inline int panel_width(int n, int j) {
  return n - j <= lanes<T> ? lanes<T> : 2 * lanes<T>;
}

template <class T>
std::size_t packed_size(int k, int n) {
  std::size_t width = 0;
  for (int j = 0; j < n; j += 2 * lanes<T>) width += static_cast<std::size_t>(panel_width<T>(n, j));
  return width * static_cast<std::size_t>(k);
}

template <class T>
void pack(T const* b, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, int k, int n,
          T* packed) {
  for (int j = 0; j < n; j += 2 * lanes<T>) {
    int const width = panel_width<T>(n, j);
    int const n_cols = n - j < width ? n - j : width;
    T const* source = b + j * col_stride;
    if (col_stride == 1 && n_cols == width) {
      for (int p = 0; p < k; ++p)
        for (int v = 0; v < width; v += lanes<T>)
          store(packed + p * width + v, load(source + p * row_stride + v));
    } else {
      for (int p = 0; p < k; ++p) {
        for (int c = 0; c < n_cols; ++c)
          packed[p * width + c] = source[p * row_stride + c * col_stride];
        for (int c = n_cols; c < width; ++c) packed[p * width + c] = T(0);
      }
    }
    packed += static_cast<std::ptrdiff_t>(width) * k;
  }
}

/// scale * accumulator + bias + add for one vector of C.
template <class T>
inline void finish(Product<T> const& q, int i, int j, Vector<T> value) {
  int const count = q.n - j < lanes<T> ? q.n - j : lanes<T>;
  value = value * q.scale;
  if (q.bias) value += load_first(q.bias + j, count);
  if (q.add) value += load_first(q.add + i * q.add_row_stride + j, count);
  store_first(q.c + i * q.c_row_stride + j, value, count);
}

/// The block of C at (i, j): `rows` rows, `vectors` vectors.
template <class T, int rows, int vectors, bool a_is_transposed>
inline void multiply_tile(Product<T> const& q, int i, int j, T const* panel) {
  Vector<T> sum[rows][vectors] = {};
  T const* a = q.a + i * q.a_row_stride;
  for (int p = 0; p < q.k; ++p) {
    Vector<T> b[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) b[v] = load(panel + v * lanes<T>);
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      Vector<T> const x = broadcast(a_is_transposed ? a[r] : a[r * q.a_row_stride]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sum[r][v] = fused(x, b[v], sum[r][v]);
    }
    panel += vectors * lanes<T>;
    a += a_is_transposed ? q.a_col_stride : 1;
  }
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) finish(q, i + r, j + v * lanes<T>, sum[r][v]);
}

/// The last rows, fewer than a tile: finds the tile of that many rows.
template <class T, int rows, int vectors, bool a_is_transposed>
void multiply_last_rows(Product<T> const& q, int i, int j, T const* panel) {
  if constexpr (rows > 0) {
    if (q.m - i == rows)
      multiply_tile<T, rows, vectors, a_is_transposed>(q, i, j, panel);
    else
      multiply_last_rows<T, rows - 1, vectors, a_is_transposed>(q, i, j, panel);
  }
}

template <class T, int vectors, bool a_is_transposed>
void multiply_panel(Product<T> const& q, int j, T const* panel) {
  int i = 0;
  for (; i + tile_rows <= q.m; i += tile_rows)
    multiply_tile<T, tile_rows, vectors, a_is_transposed>(q, i, j, panel);
  multiply_last_rows<T, tile_rows - 1, vectors, a_is_transposed>(q, i, j, panel);
}

template <class T, bool a_is_transposed>
void multiply_panels(Product<T> const& q) {
  T const* panel = q.packed_b;
  for (int j = 0; j < q.n; j += 2 * lanes<T>) {
    int const width = panel_width<T>(q.n, j);
    if (width == lanes<T>)
      multiply_panel<T, 1, a_is_transposed>(q, j, panel);
    else
      multiply_panel<T, 2, a_is_transposed>(q, j, panel);
    panel += static_cast<std::ptrdiff_t>(width) * q.k;
  }
}

template <class T>
void multiply(Product<T> const& q) {
  if (q.a_col_stride == 1)
    multiply_panels<T, false>(q);
  else
    multiply_panels<T, true>(q);
}

}  // namespace
}  // namespace tvem
