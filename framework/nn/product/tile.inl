#pragma once

// One tile of a product: its multiply-adds, and what is fused with them where it is written.

#include "framework/core/processor/simd.inl"
#include "framework/nn/product/activation.inl"
#include "framework/nn/product/packing.inl"

namespace tvem {
namespace {

/// A tile of C at (row, col) and its operands within one depth block.
template <class T>
struct Tile {
  int row, col;
  T const* origin;  // of A in this depth block
  T const* a;
  std::ptrdiff_t a_row_stride;  // where A is read in place
  std::ptrdiff_t a_step;        // from one step of k to the next, where A is transposed or packed
  T const* b;
  int depth;
  bool goes_on;  // from what stands in C
  bool is_last;  // depth block
  // What is read soon, fetched into cache while this tile is computed: a line for each step of k.
  T const* soon;
  std::ptrdiff_t soon_step;
};

/// A vector of C's columns, or what C has of it: is_whole when the tile's vectors lie within C.
template <class T, bool is_whole>
inline Vector<T> load_columns(T const* p, int v, int n_left) {
  return is_whole ? load(p + v * lanes<T>) : load_first(p + v * lanes<T>, n_left - v * lanes<T>);
}
template <class T, bool is_whole>
inline void store_columns(T* p, int v, int n_left, Vector<T> value) {
  if (is_whole)
    store(p + v * lanes<T>, value);
  else
    store_first(p + v * lanes<T>, value, n_left - v * lanes<T>);
}

/// f(row, vector, sum) for all sums of a tile, which stay in registers.
template <class T, int rows, int vectors, class F>
[[gnu::always_inline]] inline void for_sums(Vector<T> (&sum)[rows][vectors], F const& f) {
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) f(r, v, sum[r][v]);
}

/// Goes on from the chains that stand in C.
template <class T, int rows, int vectors, bool is_whole>
[[gnu::always_inline]] inline void read_chains(T const* c, std::ptrdiff_t stride, int n_left,
                                               Vector<T> (&sum)[rows][vectors]) {
  for_sums<T>(sum, [&](int r, int v, Vector<T>& value) {
    value = load_columns<T, is_whole>(c + r * stride, v, n_left);
  });
}

/// What follows the chains, all but the activation. Stages over the whole tile: each is decided
/// once.
template <class T, int rows, int vectors, bool is_whole>
[[gnu::always_inline]] inline void finish(Product<T> const& q, Tile<T> const& tile, int n_left,
                                          Vector<T> (&sum)[rows][vectors]) {
  std::ptrdiff_t const c_at = tile.row * q.c_row_stride + tile.col;
  if (q.scale != T(1)) {
    Vector<T> const scale = broadcast(q.scale);
    for_sums<T>(sum, [&](int, int, Vector<T>& value) { value *= scale; });
  }
  if (q.bias) {
    Vector<T> bias[vectors];
    for (int v = 0; v < vectors; ++v)
      bias[v] = load_columns<T, is_whole>(q.bias + tile.col, v, n_left);
    for_sums<T>(sum, [&](int, int v, Vector<T>& value) { value += bias[v]; });
  }
  if (T const* const row_bias = q.row_bias)
    for_sums<T>(sum,
                [&](int r, int, Vector<T>& value) { value += broadcast(row_bias[tile.row + r]); });
  if (q.add) {
    std::ptrdiff_t const stride = q.add_row_stride;
    T const* const add = q.add + tile.row * stride + tile.col;
    for_sums<T>(sum, [&](int r, int v, Vector<T>& value) {
      value += load_columns<T, is_whole>(add + r * stride, v, n_left);
    });
  }
  if (q.factor) {
    std::ptrdiff_t const stride = q.c_row_stride;
    T const* const factor = q.factor + c_at;
    for_sums<T>(sum, [&](int r, int v, Vector<T>& value) {
      value *= load_columns<T, is_whole>(factor + r * stride, v, n_left);
    });
  }
}

/// Where a tile reads its operands from, step by step of k.
/// in_place: A's rows are contiguous; otherwise the values of one step of k are.
template <class T, int rows, int vectors, bool in_place>
struct Operands {
  // Every third row has a pointer, so that few registers reach all rows.
  static constexpr int n_pointers = in_place ? (rows + 2) / 3 : 1;
  T const* a[n_pointers];
  T const* b;
  T const* soon;
  std::ptrdiff_t const row_stride, step, soon_step;

  [[gnu::always_inline]] explicit Operands(Tile<T> const& tile)
      : b(tile.b),
        soon(tile.soon),
        row_stride(tile.a_row_stride),
        step(in_place ? 1 : tile.a_step),
        soon_step(tile.soon_step) {
#pragma GCC unroll 4
    for (int i = 0; i < n_pointers; ++i) {
      a[i] = tile.a + 3 * i * row_stride;
      // The empty assembly keeps the compiler from deriving the pointers from one another again,
      // with more registers than there are.
      asm("" : "+r"(a[i]));
    }
  }
  [[gnu::always_inline]] Vector<T> row(int r) const {
    return broadcast(in_place ? a[r / 3][r % 3 * row_stride] : a[0][r]);
  }
  [[gnu::always_inline]] void next() {
    b += vectors * lanes<T>;
#pragma GCC unroll 4
    for (int i = 0; i < n_pointers; ++i) a[i] += step;
  }
};

/// `n` steps of k.
template <class T, int rows, int vectors, bool in_place>
[[gnu::always_inline]] inline void multiply_steps(Operands<T, rows, vectors, in_place>& from, int n,
                                                  Vector<T> (&sum)[rows][vectors]) {
#pragma GCC unroll 4
  for (int p = n; p > 0; --p) {
    if constexpr (fetches_ahead) {
      __builtin_prefetch(from.soon);
      from.soon += from.soon_step;
    }
    Vector<T> y[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) y[v] = load(from.b + v * lanes<T>);
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      Vector<T> const x = from.row(r);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sum[r][v] = fused(x, y[v], sum[r][v]);
    }
    from.next();
  }
}

/// Fetches rows of a tile into cache, line by line.
template <class T, int rows, int vectors>
[[gnu::always_inline]] inline void fetch_rows(T const* at, std::ptrdiff_t stride) {
  constexpr int line = 64 / sizeof(T);
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r, at += stride)
#pragma GCC unroll 2
    for (int c = 0; c < vectors * lanes<T>; c += line) __builtin_prefetch(at + c, 1);
}

/// Fetches what the end of the tile reads and writes, while its products are computed. Chains that
/// go on are read at the beginning: there the rows of the next tile are fetched, or of the last one
/// again, since the processor takes long to find out that a page is not there.
template <class T, int rows, int vectors>
[[gnu::always_inline]] inline void fetch_ends(Product<T> const& q, Tile<T> const& tile) {
  int const next = tile.row + 2 * rows <= q.m ? tile.row + rows : q.m - rows;
  int const row = tile.goes_on ? next : tile.row;
  std::ptrdiff_t const at = row * q.c_row_stride + tile.col;
  fetch_rows<T, rows, vectors>(q.c + at, q.c_row_stride);
  if (q.add && q.add != q.c)
    fetch_rows<T, rows, vectors>(q.add + row * q.add_row_stride + tile.col, q.add_row_stride);
  if (T const* const along = q.factor && q.factor != q.c ? q.factor : q.slope)
    fetch_rows<T, rows, vectors>(along + at, q.c_row_stride);
}

template <class T, int rows, int vectors, bool in_place, bool is_whole>
void multiply_tile(Product<T> const& q, Tile<T> const& tile) {
  std::ptrdiff_t const stride = q.c_row_stride;
  T* const c = q.c + tile.row * stride + tile.col;
  int const n_left = q.n - tile.col;
  fetch_ends<T, rows, vectors>(q, tile);
  Vector<T> sum[rows][vectors] = {};
  if (tile.goes_on) read_chains<T, rows, vectors, is_whole>(c, stride, n_left, sum);
  Operands<T, rows, vectors, in_place> operands(tile);
  multiply_steps(operands, tile.depth, sum);
  if (tile.is_last && !q.accumulates) finish<T, rows, vectors, is_whole>(q, tile, n_left, sum);
  for_sums<T>(sum, [&](int r, int v, Vector<T>& value) {
    store_columns<T, is_whole>(c + r * stride, v, n_left, value);
  });
  if (tile.is_last && q.activation != Activation::none) {
    // The tile was just written, and is in the first-level cache.
    constexpr int width = vectors * lanes<T>;
    activate(q.activation, rows, n_left < width ? n_left : width, stride, c, q.slope + (c - q.c));
  }
}

/// Finds the tile of `n_rows` rows, 1 .. rows.
template <class T, int rows, int vectors, bool in_place>
inline void multiply_rows(Product<T> const& q, Tile<T> const& tile, int n_rows) {
  if (n_rows == rows) {
    if (q.n - tile.col >= vectors * lanes<T>)
      multiply_tile<T, rows, vectors, in_place, true>(q, tile);
    else
      multiply_tile<T, rows, vectors, in_place, false>(q, tile);
  } else if constexpr (rows > 1)
    multiply_rows<T, rows - 1, vectors, in_place>(q, tile, n_rows);
}

}  // namespace
}  // namespace tvem
