#pragma once

// One tile of a product: its multiply-adds, and what is fused with them where it is written.

#include "framework/core/processor/simd.inl"
#include "framework/nn/product/activation.inl"

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

/// Fetches what the end of the panel's next tile reads and writes. It does so a few rows at a time
/// between the steps of k, since the processor keeps only so many lines under way.
template <class T, int rows, int vectors>
class EndFetch {
 public:
  EndFetch(Product<T> const& q, Tile<T> const& tile)
      : c_stride_(q.c_row_stride), add_stride_(q.add_row_stride) {
    // The last tile fetches its own rows: the processor takes long to find out that a page is not
    // there.
    std::ptrdiff_t const row = tile.row + 2 * rows <= q.m ? tile.row + rows : q.m - rows;
    c_ = q.c + row * c_stride_ + tile.col;
    add_ = q.add && q.add != q.c ? q.add + row * add_stride_ + tile.col : c_;
    along_ = q.factor && q.factor != q.c ? q.factor : q.slope;
    along_ = along_ ? along_ + row * c_stride_ + tile.col : c_;
  }
  void fetch_rows(int n) {
    for (int r = 0; r < n; ++r, c_ += c_stride_, add_ += add_stride_, along_ += c_stride_) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        __builtin_prefetch(c_ + v * lanes<T>, 1);
        if (add_ != c_) __builtin_prefetch(add_ + v * lanes<T>);
        if (along_ != c_) __builtin_prefetch(along_ + v * lanes<T>, 1);
      }
    }
  }

 private:
  std::ptrdiff_t c_stride_, add_stride_;
  T const *c_, *add_, *along_;
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

/// Goes on from the chains that stand in C.
template <class T, int rows, int vectors, bool is_whole>
inline void read_chains(Product<T> const& q, Tile<T> const& tile, Vector<T> (&sum)[rows][vectors]) {
  T const* c = q.c + tile.row * q.c_row_stride + tile.col;
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r, c += q.c_row_stride)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) sum[r][v] = load_columns<T, is_whole>(c, v, q.n - tile.col);
}
template <class T, int rows, int vectors, bool is_whole>
inline void write_chains(Product<T> const& q, Tile<T> const& tile,
                         Vector<T> const (&sum)[rows][vectors]) {
  T* c = q.c + tile.row * q.c_row_stride + tile.col;
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r, c += q.c_row_stride)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) store_columns<T, is_whole>(c, v, q.n - tile.col, sum[r][v]);
}

/// Writes a tile whose chains are whole.
template <class T, int rows, int vectors, bool is_whole>
inline void finish(Product<T> const& q, Tile<T> const& tile,
                   Vector<T> const (&sum)[rows][vectors]) {
  int const left = q.n - tile.col;
  Vector<T> bias[vectors] = {};
  if (q.bias)
    for (int v = 0; v < vectors; ++v)
      bias[v] = load_columns<T, is_whole>(q.bias + tile.col, v, left);
  T* c = q.c + tile.row * q.c_row_stride + tile.col;
  T const* add = q.add ? q.add + tile.row * q.add_row_stride + tile.col : nullptr;
  T const* factor = q.factor ? q.factor + (c - q.c) : nullptr;
  T const* row_bias = q.row_bias ? q.row_bias + tile.row : nullptr;
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      Vector<T> value = sum[r][v] * q.scale + bias[v];
      if (row_bias) value += broadcast(row_bias[r]);
      if (add) value += load_columns<T, is_whole>(add, v, left);
      if (factor) value *= load_columns<T, is_whole>(factor, v, left);
      store_columns<T, is_whole>(c, v, left, value);
    }
    c += q.c_row_stride;
    if (add) add += q.add_row_stride;
    if (factor) factor += q.c_row_stride;
  }
}

/// Activates a tile that was just written, while it is in the first-level cache.
template <class T>
void activate_tile(Product<T> const& q, int row, int n_rows, int col, int n_cols) {
  for (int i = row; i < row + n_rows; ++i) {
    std::ptrdiff_t const at = i * q.c_row_stride + col;
    activate(q.activation, n_cols, q.c + at, q.slope + at);
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
  for (int p = n; p > 0; --p) {
    __builtin_prefetch(from.soon);
    from.soon += from.soon_step;
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

template <class T, int rows, int vectors, bool in_place, bool is_whole>
void multiply_tile(Product<T> const& q, Tile<T> const& tile) {
  EndFetch<T, rows, vectors> ends(q, tile);
  Operands<T, rows, vectors, in_place> operands(tile);
  Vector<T> sum[rows][vectors] = {};
  if (tile.goes_on) read_chains<T, rows, vectors, is_whole>(q, tile, sum);
  if (tile.depth < 64) {
    // The products of attention: their operands were just computed, and are in cache.
    multiply_steps(operands, tile.depth, sum);
  } else if (tile.depth < 160) {
    ends.fetch_rows(rows);
    multiply_steps(operands, tile.depth, sum);
  } else {
    ends.fetch_rows((rows + 1) / 2);
    multiply_steps(operands, tile.depth / 2, sum);
    ends.fetch_rows(rows / 2);
    multiply_steps(operands, tile.depth - tile.depth / 2, sum);
  }
  if (!tile.is_last || q.accumulates) return write_chains<T, rows, vectors, is_whole>(q, tile, sum);
  finish<T, rows, vectors, is_whole>(q, tile, sum);
  if (q.activation != Activation::none) {
    int const left = q.n - tile.col, width = vectors * lanes<T>;
    activate_tile(q, tile.row, rows, tile.col, left < width ? left : width);
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
