#pragma once

// Matrix products with a packed right operand, C = scale A B + ... (struct Product).
//
// The tile of C that stays in registers has up to `tile_rows` rows and two vectors of columns. B is
// read from panels as wide as a tile, one row of the panel for each step of k; A is read where it
// stands, one broadcast value for each row of the tile, or, where it is transposed and used by
// several panels, from tiles packed beforehand. The loops, from the outside:
//   depth blocks   of k: a panel's part stays in the first-level cache
//   row blocks     of A: the packed tiles stay in the second-level cache
//   panels of B, tiles of A, steps of k
// Each element of C is one chain of multiply-adds over the k of a depth block, and depth blocks are
// added in order, whatever tile the element falls into: equal bits for equal rows, wherever they
// stand.

#include "framework/core/simd.inl"
#include "framework/nn/activation.inl"

namespace tvem {
namespace {

/// Rows of a tile: its accumulators fill the registers but for a panel row and a broadcast.
constexpr int tile_rows = TVEM_VECTOR_BYTES == 64 ? 12 : TVEM_VECTOR_BYTES == 32 ? 6 : 4;
constexpr int row_block_tiles = 8;
/// Largest k of a depth block: 256 steps of an AVX-512 panel are 32 KB.
constexpr int depth_block = 256;

// ---- packing B

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

/// One vector of a panel's columns, from rows that are contiguous; `sums` (or none) gets their sum.
template <class T>
inline void pack_columns(T const* b, std::ptrdiff_t row_stride, int k, int n_cols, T* packed,
                         int width, T* sums) {
  Vector<T> sum{};
  if (n_cols >= lanes<T>) {
    for (int p = 0; p < k; ++p) {
      Vector<T> const row = load(b + p * row_stride);
      __builtin_prefetch(b + (p + 16) * row_stride);
      store(packed + static_cast<std::ptrdiff_t>(p) * width, row);
      sum += row;
    }
  } else {
    for (int p = 0; p < k; ++p) {
      Vector<T> const row = load_partial(b + p * row_stride, n_cols);
      store(packed + static_cast<std::ptrdiff_t>(p) * width, row);
      sum += row;
    }
  }
  if (sums) store_first(sums, load_first(sums, n_cols) + sum, n_cols);
}

/// The same from columns that are contiguous.
template <class T>
inline void pack_transposed(T const* b, std::ptrdiff_t col_stride, int k, int n_cols, T* packed,
                            int width) {
  int p = 0;
  if (n_cols >= lanes<T>)
    for (; p + lanes<T> <= k; p += lanes<T>)
      transpose(b + p, col_stride, packed + static_cast<std::ptrdiff_t>(p) * width, width);
  for (; p < k; ++p) {
    T* const row = packed + static_cast<std::ptrdiff_t>(p) * width;
    for (int c = 0; c < lanes<T>; ++c) row[c] = c < n_cols ? b[c * col_stride + p] : T(0);
  }
}

template <class T>
void pack(T const* b, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, int k, int n, T* packed,
          T* column_sums) {
  for (int j = 0; j < n; j += 2 * lanes<T>) {
    int const width = panel_width<T>(n, j);
    for (int v = 0; v < width; v += lanes<T>) {
      T const* const source = b + (j + v) * col_stride;
      int const n_cols = n - j - v;
      if (col_stride == 1)
        pack_columns(source, row_stride, k, n_cols, packed + v, width,
                     column_sums ? column_sums + j + v : nullptr);
      else
        pack_transposed(source, col_stride, k, n_cols, packed + v, width);
    }
    packed += static_cast<std::ptrdiff_t>(width) * k;
  }
}

// ---- one tile

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
  bool is_first, is_last;  // depth block
  // What is read soon, fetched into cache while this tile is computed: a line for each step of k.
  T const* soon;
  std::ptrdiff_t soon_step;
};

/// Steps through what the end of the next tile of the panel reads and writes, and fetches it, a few
/// rows at a time between the steps of k: the processor keeps only so many lines under way.
template <class T, int rows, int vectors>
class EndFetch {
 public:
  EndFetch(Product<T> const& q, Tile<T> const& tile)
      : c_stride_(q.c_row_stride), add_stride_(q.add_row_stride) {
    // Of the last tile its own rows: pages that are not there take long to look for.
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

/// Writes a tile: is_whole when its vectors lie within C.
template <class T, int rows, int vectors, bool is_whole>
inline void finish(Product<T> const& q, Tile<T> const& tile,
                   Vector<T> const (&sum)[rows][vectors]) {
  int const left = q.n - tile.col;
  auto const read = [&](T const* p, int v) {
    return is_whole ? load(p + v * lanes<T>) : load_first(p + v * lanes<T>, left - v * lanes<T>);
  };
  Vector<T> bias[vectors] = {};
  if (tile.is_first && q.bias)
    for (int v = 0; v < vectors; ++v) bias[v] = read(q.bias + tile.col, v);
  T* c = q.c + tile.row * q.c_row_stride + tile.col;
  T const* add = tile.is_first ? q.add : c;
  std::ptrdiff_t const add_row_stride = tile.is_first ? q.add_row_stride : q.c_row_stride;
  if (tile.is_first && add) add += tile.row * q.add_row_stride + tile.col;
  T const* factor = tile.is_last && q.factor ? q.factor + (c - q.c) : nullptr;
  T const* row_bias = tile.is_first && q.row_bias ? q.row_bias + tile.row : nullptr;
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      Vector<T> value = sum[r][v] * q.scale + bias[v];
      if (row_bias) value += broadcast(row_bias[r]);
      if (add) value += read(add, v);
      if (factor) value *= read(factor, v);
      if (is_whole)
        store(c + v * lanes<T>, value);
      else
        store_first(c + v * lanes<T>, value, left - v * lanes<T>);
    }
    c += q.c_row_stride;
    if (add) add += add_row_stride;
    if (factor) factor += q.c_row_stride;
  }
}

/// The activation of a tile that was just written, while it is in the first-level cache.
template <class T>
void activate_tile(Product<T> const& q, int row, int n_rows, int col, int n_cols) {
  for (int i = row; i < row + n_rows; ++i) {
    std::ptrdiff_t const at = i * q.c_row_stride + col;
    activate(q.activation, n_cols, q.c + at, q.slope + at);
  }
}

/// in_place: A's rows are contiguous; otherwise the values of one step of k are.
template <class T, int rows, int vectors, bool in_place>
void multiply_tile(Product<T> const& q, Tile<T> const& tile) {
  EndFetch<T, rows, vectors> ends(q, tile);
  Vector<T> sum[rows][vectors] = {};
  // Every third row has a pointer, so that few registers reach all rows; the empty assembly keeps
  // the compiler from deriving them from one another again, with more registers than there are.
  constexpr int n_pointers = in_place ? (rows + 2) / 3 : 1;
  T const* a[n_pointers];
#pragma GCC unroll 4
  for (int i = 0; i < n_pointers; ++i) {
    a[i] = tile.a + 3 * i * tile.a_row_stride;
    asm("" : "+r"(a[i]));
  }
  T const* b = tile.b;
  T const* soon = tile.soon;
  std::ptrdiff_t const row_stride = tile.a_row_stride, step = in_place ? 1 : tile.a_step;
  std::ptrdiff_t const soon_step = tile.soon_step;
  auto const steps = [&](int n) __attribute__((always_inline)) {
    for (int p = n; p > 0; --p) {
      __builtin_prefetch(soon);
      soon += soon_step;
      Vector<T> y[vectors];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) y[v] = load(b + v * lanes<T>);
#pragma GCC unroll 12
      for (int r = 0; r < rows; ++r) {
        Vector<T> const x = broadcast(in_place ? a[r / 3][r % 3 * row_stride] : a[0][r]);
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) sum[r][v] = fused(x, y[v], sum[r][v]);
      }
      b += vectors * lanes<T>;
#pragma GCC unroll 4
      for (int i = 0; i < n_pointers; ++i) a[i] += step;
    }
  };
  if (tile.depth < 160) {
    ends.fetch_rows(rows);
    steps(tile.depth);
  } else {
    ends.fetch_rows((rows + 1) / 2);
    steps(tile.depth / 2);
    ends.fetch_rows(rows / 2);
    steps(tile.depth - tile.depth / 2);
  }
  if (q.n - tile.col >= vectors * lanes<T>)
    finish<T, rows, vectors, true>(q, tile, sum);
  else
    finish<T, rows, vectors, false>(q, tile, sum);
  if (tile.is_last && q.activation != Activation::none) {
    int const left = q.n - tile.col, width = vectors * lanes<T>;
    activate_tile(q, tile.row, rows, tile.col, left < width ? left : width);
  }
}

/// Finds the tile of `n_rows` rows, 1 .. rows.
template <class T, int rows, int vectors, bool in_place>
inline void multiply_rows(Product<T> const& q, Tile<T> const& tile, int n_rows) {
  if (n_rows == rows)
    multiply_tile<T, rows, vectors, in_place>(q, tile);
  else if constexpr (rows > 1)
    multiply_rows<T, rows - 1, vectors, in_place>(q, tile, n_rows);
}

// ---- blocks

/// How m rows are cut into tiles of nearly equal size: the first `n_longer` have one row more.
struct RowTiles {
  int n_tiles, base, n_longer;
  explicit RowTiles(int m)
      : n_tiles((m + tile_rows - 1) / tile_rows), base(m / n_tiles), n_longer(m % n_tiles) {}
  int begin(int tile) const { return tile * base + (tile < n_longer ? tile : n_longer); }
};

/// Tiles `first` .. `last` of a transposed A, each packed as depth x tile_rows.
template <class T>
void pack_tiles(Product<T> const& q, RowTiles const& tiles, int first, int last, int p0, int depth,
                T* packed) {
  for (int t = first; t < last; ++t) {
    int const begin = tiles.begin(t), n_rows = tiles.begin(t + 1) - begin;
    T const* a = q.a + begin + p0 * q.a_col_stride;
    for (int p = 0; p < depth; ++p, a += q.a_col_stride, packed += tile_rows) {
      for (int r = 0; r < n_rows; r += lanes<T>) store(packed + r, load_first(a + r, n_rows - r));
    }
  }
}

/// Chooses what to fetch during the tile `t` of `n_tiles` in its row block: with the first panel
/// the next tile's rows of A; with the first panels of a transposed A, its columns in the next row
/// block; else, or when there is no more of that, the next panel of B. At the end of B it is this
/// panel: pages that are not there take long to look for.
template <class T, bool in_place>
inline void fetch_soon(Product<T> const& q, Tile<T>& tile, int t, int n_tiles,
                       RowTiles const& tiles, int end) {
  constexpr std::ptrdiff_t line = 64 / sizeof(T);
  std::ptrdiff_t const ahead =
      (2 * std::ptrdiff_t{q.k} + std::ptrdiff_t{t} * tile.depth) * lanes<T>;
  std::ptrdiff_t const width = (q.n + lanes<T> - 1) / lanes<T> * lanes<T>;
  bool const has_more = tile.b - q.packed_b + ahead + tile.depth * line <= q.k * width;
  tile.soon = has_more ? tile.b + ahead : tile.b;
  tile.soon_step = line;
  if (in_place) {
    if (tile.col == 0 && t + 1 < n_tiles)
      tile.soon = tile.a + (tiles.begin(t + 1) - tiles.begin(t)) * q.a_row_stride;
  } else if (end < tiles.n_tiles) {
    std::ptrdiff_t const walk = tile.col / (2 * lanes<T>)*n_tiles + t;
    if (walk * line < row_block_tiles * tile_rows) {
      tile.soon = tile.origin + tiles.begin(end) + walk * line;
      tile.soon_step = q.a_col_stride;
    }
  }
}

/// One panel of B with the tiles `first` .. `last` of A.
template <class T, bool in_place>
void multiply_panel(Product<T> const& q, Tile<T> tile, RowTiles const& tiles, int first, int last,
                    T const* packed_a) {
  bool const is_narrow = panel_width<T>(q.n, tile.col) == lanes<T>;
  for (int t = first; t < last; ++t) {
    tile.row = tiles.begin(t);
    int const n_rows = tiles.begin(t + 1) - tile.row;
    tile.a = packed_a ? packed_a + static_cast<std::ptrdiff_t>(t - first) * tile.depth * tile_rows
                      : tile.origin + tile.row * q.a_row_stride;
    fetch_soon<T, in_place>(q, tile, t - first, last - first, tiles, last);
    if (is_narrow)
      multiply_rows<T, tile_rows, 1, in_place>(q, tile, n_rows);
    else
      multiply_rows<T, tile_rows, 2, in_place>(q, tile, n_rows);
  }
}

template <class T, bool in_place>
void multiply_depth(Product<T> const& q, int p0, int depth) {
  // The last vector of a packed tile is stored whole.
  alignas(64) T buffer[row_block_tiles * tile_rows * depth_block + lanes<T>];
  bool const packs = !in_place && q.n > 6 * lanes<T>;  // several panels pay for it
  RowTiles const tiles(q.m);
  int const block = packs ? row_block_tiles : tiles.n_tiles;
  for (int first = 0; first < tiles.n_tiles; first += block) {
    int const last = first + block < tiles.n_tiles ? first + block : tiles.n_tiles;
    if (packs) pack_tiles(q, tiles, first, last, p0, depth, buffer);
    T const* panel = q.packed_b;
    for (int j = 0; j < q.n; j += 2 * lanes<T>) {
      int const width = panel_width<T>(q.n, j);
      Tile<T> const tile{.row = 0,
                         .col = j,
                         .origin = q.a + p0 * q.a_col_stride,
                         .a = nullptr,
                         .a_row_stride = q.a_row_stride,
                         .a_step = packs ? tile_rows : q.a_col_stride,
                         .b = panel + static_cast<std::ptrdiff_t>(width) * p0,
                         .depth = depth,
                         .is_first = p0 == 0,
                         .is_last = p0 + depth == q.k,
                         .soon = nullptr,
                         .soon_step = 0};
      multiply_panel<T, in_place>(q, tile, tiles, first, last, packs ? buffer : nullptr);
      panel += static_cast<std::ptrdiff_t>(width) * q.k;
    }
  }
}

template <class T>
void multiply(Product<T> const& q) {
  int const n_blocks = (q.k + depth_block - 1) / depth_block;
  int const depth = (q.k + n_blocks - 1) / n_blocks;
  for (int begin = 0; begin < q.k; begin += depth) {
    int const block = q.k - begin < depth ? q.k - begin : depth;
    if (q.a_col_stride == 1)
      multiply_depth<T, true>(q, begin, block);
    else
      multiply_depth<T, false>(q, begin, block);
  }
}

}  // namespace
}  // namespace tvem
