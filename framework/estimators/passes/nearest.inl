#pragma once

// Lloyd's step: the nearest mean of each point.

#include "framework/estimators/passes/blocks.inl"

namespace tvem {
namespace {

/// Labels of a block and whether one changed, by lanes. Adds to the sum of squared distances.
template <class T>
inline void nearest_labels(NearestPass<T> const& pass, T const* x, BlockRange range, T* labels,
                           Vector<T>& n_changed, LaneSum<T>& square_sum) {
  using V = Vector<T>;
  constexpr int width = lanes<T>;
  for_vectors(range.n_vectors, [&]<int N>(int first) {
    V best[N], label[N], square[N];
    squared_distances<N>(x + first * width, pass.means, pass.dim, best);
    for (int u = 0; u < N; ++u) label[u] = V{};
    for (int j = 1; j < pass.components; ++j) {
      squared_distances<N>(x + first * width, pass.means + j * pass.dim, pass.dim, square);
      V const number = broadcast(rounded<T>(j));
      for (int u = 0; u < N; ++u) {
        label[u] = square[u] < best[u] ? number : label[u];
        best[u] = square[u] < best[u] ? square[u] : best[u];
      }
    }
    for (int u = 0; u < N; ++u) {
      V const is_held = held<T>(first + u, range.count);
      T* const former = labels + (first + u) * width;
      n_changed += load(former) != label[u] ? is_held : V{};
      square_sum.part[u % n_parts] += is_held > T(0) ? best[u] : V{};
      // A label of no component keeps lanes without a point out of the sums.
      store(former, is_held > T(0) ? label[u] : broadcast(T(-1)));
    }
  });
}

/// sum + x in the lanes of the mask, sum in the others. sum is a sum that began with 0, and so
/// never -0: adding 0 leaves its bits. Without masked additions that is faster than a choice.
template <class T, class Mask>
inline Vector<T> add_where(Mask mask, Vector<T> sum, Vector<T> x) {
  if constexpr (TVEM_VECTOR_BYTES == 64) {
    Vector<T> const next = sum + x;
    return mask ? next : sum;
  } else {
    return sum + (mask ? x : Vector<T>{});
  }
}

/// As add_features, but of the points of one label alone.
template <int M, class T>
inline void add_labelled(T const* labels, Vector<T> label, T const* x, int n_vectors, T* sums) {
  Vector<T> sum[M][n_parts];
  for (int c = 0; c < M; ++c) load_sum(sums + c * logical_lanes<T>, sum[c]);
  for (int v = 0; v < n_vectors; v += n_parts)
    for (int part = 0; part < n_parts; ++part) {
      int const at = (v + part) * lanes<T>;
      auto const is_its = load(labels + at) == label;
      for (int c = 0; c < M; ++c)
        sum[c][part] = add_where<T>(is_its, sum[c][part], load(x + c * block_points + at));
    }
  for (int c = 0; c < M; ++c) store_sum(sums + c * logical_lanes<T>, sum[c]);
}

template <class T>
inline void count_labelled(T const* labels, Vector<T> label, int n_vectors, T* counts) {
  Vector<T> count[n_parts];
  load_sum(counts, count);
  for (int v = 0; v < n_vectors; v += n_parts)
    for (int part = 0; part < n_parts; ++part)
      count[part] += load(labels + (v + part) * lanes<T>) == label ? broadcast(T(1)) : Vector<T>{};
  store_sum(counts, count);
}

/// Counts and adds up the points of a block that have label j. sums: those of this label.
template <class T>
[[gnu::always_inline]] inline void add_labelled_block(T const* labels, T const* x, int n_vectors,
                                                      int dim, int j, T* counts, T* sums) {
  constexpr int width = logical_lanes<T>;
  Vector<T> const label = broadcast(rounded<T>(j));
  count_labelled(labels, label, n_vectors, counts + j * width);
  int c = 0;
  for (; c + 4 <= dim; c += 4)
    add_labelled<4>(labels, label, x + c * block_points, n_vectors, sums + c * width);
  for (; c < dim; ++c)
    add_labelled<1>(labels, label, x + c * block_points, n_vectors, sums + c * width);
}

/// The same for all labels, point by point. Each point adds to its own lane, in the order of
/// points: the bits are those of the vectors.
template <class T>
[[gnu::always_inline]] inline void add_points(T const* labels, T const* x, int n, int dim,
                                              T* counts, T* sums) {
  constexpr int width = logical_lanes<T>;
  for (int i = 0; i < n; ++i) {
    int const j = static_cast<int>(labels[i]), lane = i % width;
    counts[j * width + lane] += T(1);
    T* const sum = sums + j * dim * width + lane;
    for (int c = 0; c < dim; ++c) sum[c * width] += x[c * block_points + i];
  }
}

/// Adds up the points of a block by label. A vector goes through all labels; a point has one. So
/// what is faster depends on the width of the processor's vectors: measured.
template <class T>
inline void add_block(NearestPass<T> const& pass, BlockRange range, T const* labels, T const* x,
                      T* counts, T* sums) {
  int const dim = pass.dim;
  if (pass.components > 2 * lanes<T>) return add_points(labels, x, range.count, dim, counts, sums);
  for (int j = 0; j < pass.components; ++j)
    add_labelled_block(labels, x, range.n_vectors, dim, j, counts,
                       sums + j * dim * logical_lanes<T>);
}

template <class T>
void nearest(NearestPass<T>& pass) {
  constexpr int width = logical_lanes<T>;
  int const k = pass.components, dim = pass.dim;
  T* const counts = pass.scratch;
  T* const sums = counts + k * width;
  clear(counts, k * (dim + 1) * width);
  clear(pass.counts, k);
  clear(pass.sums, k * dim);
  pass.square_sum = 0;

  int const n_blocks = (pass.n_points + block_points - 1) / block_points;
  T const* x = pass.points;
  T* labels = pass.labels;
  Vector<T> n_changed{};
  LaneSum<T> square_sum;
  for (int block = 0; block < n_blocks; ++block, x += dim * block_points, labels += block_points) {
    BlockRange const range = block_range<T>(pass.n_points, block);
    nearest_labels(pass, x, range, labels, n_changed, square_sum);
    add_block(pass, range, labels, x, counts, sums);
    if (!ends_total(block, n_blocks)) continue;
    move_to_totals(counts, k, pass.counts);
    move_to_totals(sums, k * dim, pass.sums);
    pass.square_sum += square_sum.total();
    square_sum = {};
  }
  pass.has_changed = lane_sum(n_changed) > T(0);
}

}  // namespace
}  // namespace tvem
