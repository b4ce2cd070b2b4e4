#pragma once

// Matrix products with a packed right operand, C = scale A B + ... (struct Product).
//
// The tile of C that stays in registers has up to `tile_rows` rows and two vectors of columns. B is
// read from panels as wide as a tile, one row of the panel for each step of k. A is read where it
// stands, one broadcast value for each row of the tile; a transposed A that several panels use is
// read from tiles packed beforehand. The loops, from the outside:
//   depth blocks   of k: a panel's part stays in the first-level cache
//   row blocks     of A: the packed tiles stay in the second-level cache
//   panels of B, tiles of A, steps of k
// Each element of C is one chain of multiply-adds over all k in order. A depth block goes on from
// the chain that the last one has left in C. So the bits know no blocks, no tiles and no vectors.

#include "framework/nn/cache/blocking.hpp"
#include "framework/nn/product/tile.inl"

namespace tvem {
namespace {

/// Rows of a tile. Its sums leave registers for one row of the panel and one broadcast value.
constexpr int tile_rows = TVEM_VECTOR_BYTES == 64 ? 12 : TVEM_VECTOR_BYTES == 32 ? 6 : 4;
constexpr int row_block_tiles = 8;
/// Bytes of a panel in one step of k.
template <class T>
constexpr std::size_t bytes_per_step = 2 * lanes<T> * sizeof(T);
template <class T>
constexpr std::size_t most_depth = most_panel_bytes / bytes_per_step<T>;

/// How m rows are cut into tiles of nearly equal size: the first `n_longer` have one row more.
struct RowTiles {
  int n_tiles, base, n_longer;
  explicit RowTiles(int m)
      : n_tiles((m + tile_rows - 1) / tile_rows), base(m / n_tiles), n_longer(m % n_tiles) {}
  int begin(int tile) const { return tile * base + (tile < n_longer ? tile : n_longer); }
};

/// Tiles `first` .. `last` of a transposed A, each packed as depth x tile_rows. A vector may reach
/// past its tile: the next store writes over that.
template <class T>
void pack_tiles(Product<T> const& q, RowTiles const& tiles, int first, int last, int p0, int depth,
                T* packed) {
  for (int t = first; t < last; ++t) {
    int const begin = tiles.begin(t), n_rows = tiles.begin(t + 1) - begin, left = q.m - begin;
    T const* a = q.a + begin + p0 * q.a_col_stride;
    for (int p = 0; p < depth; ++p, a += q.a_col_stride, packed += tile_rows) {
      for (int r = 0; r < n_rows; r += lanes<T>) store(packed + r, load_first(a + r, left - r));
    }
  }
}

/// Chooses what to fetch during the tile `t` of `n_tiles` in its row block. The first panel fetches
/// the next tile's rows of A; the first panels of a transposed A fetch its columns in the next row
/// block. All else fetches the next panel of B, or this one at the end of B: the processor takes
/// long to find out that a page is not there.
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

/// Multiplies the tiles `first` .. `last` of A by one panel of B.
template <class T, bool in_place>
void multiply_panel(Product<T> const& q, Tile<T> tile, RowTiles const& tiles, int first, int last,
                    T const* packed_a) {
  bool const is_narrow = panel_width<T>(q.n, tile.col) == lanes<T>;
  for (int t = first; t < last; ++t) {
    tile.row = tiles.begin(t);
    int const n_rows = tiles.begin(t + 1) - tile.row;
    tile.a = packed_a ? packed_a + (t - first) * tile.depth * tile_rows
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
  alignas(64) T buffer[row_block_tiles * tile_rows * most_depth<T> + lanes<T>];
  // Several panels pay for it.
  bool const packs = !in_place && q.n > 6 * lanes<T> && depth <= static_cast<int>(most_depth<T>);
  RowTiles const tiles(q.m);
  int const block = packs ? row_block_tiles : tiles.n_tiles;
  for (int first = 0; first < tiles.n_tiles; first += block) {
    int const last = first + block < tiles.n_tiles ? first + block : tiles.n_tiles;
    if (packs) pack_tiles(q, tiles, first, last, p0, depth, buffer);
    T const* panel = q.packed_b;
    for (int j = 0; j < q.n; j += 2 * lanes<T>) {
      std::ptrdiff_t const width = panel_width<T>(q.n, j);
      Tile<T> const tile{.row = 0,
                         .col = j,
                         .origin = q.a + p0 * q.a_col_stride,
                         .a = nullptr,
                         .a_row_stride = q.a_row_stride,
                         .a_step = packs ? tile_rows : q.a_col_stride,
                         .b = panel + width * p0,
                         .depth = depth,
                         .goes_on = p0 > 0 || q.accumulates,
                         .is_last = p0 + depth == q.k,
                         .soon = nullptr,
                         .soon_step = 0};
      multiply_panel<T, in_place>(q, tile, tiles, first, last, packs ? buffer : nullptr);
      panel += width * q.k;
    }
  }
}

template <class T>
void multiply(Product<T> const& q) {
  // A chain that is left in C would write over an operand that stands there.
  bool const is_in_place = q.factor == q.c || q.add == q.c;
  int const depth_block = static_cast<int>(blocking().panel_bytes / bytes_per_step<T>);
  int const n_blocks = is_in_place ? 1 : (q.k + depth_block - 1) / depth_block;
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
