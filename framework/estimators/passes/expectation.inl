#pragma once

// The E-step for components with one variance each.

#include "framework/core/processor/vector_math.inl"
#include "framework/estimators/passes/blocks.inl"

namespace tvem {
namespace {

/// Log densities of N vectors of points under every component, and the squared distances they are
/// made of; the largest of a point and its component.
template <int N, class Pass, class T>
[[gnu::always_inline]] inline void log_densities(Pass const& pass, T const* x, T* log_density,
                                                 T* squares, Vector<T> (&top)[N],
                                                 Vector<T> (&label)[N]) {
  Vector<T> square[N];
  for (int u = 0; u < N; ++u) label[u] = Vector<T>{};
  for (int j = 0; j < pass.components; ++j) {
    squared_distances<N>(x, pass.means + j * pass.dim, pass.dim, square);
    Vector<T> const precision = broadcast(-pass.half_precision[j]);
    Vector<T> const scale = broadcast(pass.log_scale[j]), number = broadcast(rounded<T>(j));
    for (int u = 0; u < N; ++u) {
      Vector<T> const value = fused(square[u], precision, scale);
      store(squares + j * block_points + u * lanes<T>, square[u]);
      store(log_density + j * block_points + u * lanes<T>, value);
      if (j == 0) top[u] = value;
      label[u] = top[u] < value ? number : label[u];
      top[u] = top[u] < value ? value : top[u];
    }
  }
}

/// Replaces log densities by the exponential of what they are above the largest one of their point,
/// and sums them over the components.
template <int N, class T>
[[gnu::always_inline]] inline void exponentials(int components, Vector<T> const (&top)[N],
                                                T* values, Vector<T> (&sum)[N]) {
  for (int u = 0; u < N; ++u) sum[u] = Vector<T>{};
  for (int j = 0; j < components; ++j)
    for (int u = 0; u < N; ++u) {
      T* const value = values + j * block_points + u * lanes<T>;
      Vector<T> const e = exponential(load(value) - top[u]);
      sum[u] += e;
      store(value, e);
    }
}

/// Responsibilities and labels of a block. log_densities.operator()<N>(at, log density of a
/// component after the other, its largest value, that value's component) does N vectors of points,
/// from point `at` on. Adds to the sum of the log densities.
template <class T, class LogDensities>
inline void responsibilities(int components, BlockRange range, LogDensities const& log_densities,
                             T* responsibility, T* labels, LaneSum<T>& log_density) {
  using V = Vector<T>;
  // Of sums in 1 .. components: one logarithm for all points of a lane.
  V product[n_parts];
  for (V& p : product) p = broadcast(T(1));
  for_vectors(range.n_vectors, [&]<int N>(int first) {
    int const at = first * lanes<T>;
    V top[N], label[N], sum[N];
    log_densities.template operator()<N>(at, responsibility + at, top, label);
    for (int u = 0; u < N; ++u) store(labels + at + u * lanes<T>, label[u]);
    exponentials<N>(components, top, responsibility + at, sum);
    for (int u = 0; u < N; ++u) {
      V const is_held = held<T>(first + u, range.count);
      product[u % n_parts] *= is_held > T(0) ? sum[u] : broadcast(T(1));
      log_density.part[u % n_parts] += is_held > T(0) ? top[u] : V{};
      V const factor = is_held / sum[u];
      for (int j = 0; j < components; ++j) {
        T* const r = responsibility + j * block_points + at + u * lanes<T>;
        store(r, load(r) * factor);
      }
    }
  });
  for (int part = 0; part < n_parts; ++part) log_density.part[part] += logarithm(product[part]);
}

/// Adds sum_i w_i x_i of M features of a block to their sums.
template <int M, class T>
inline void add_features(T const* weight, T const* x, int n_vectors, T* sums) {
  Vector<T> sum[M][n_parts];
  for (int c = 0; c < M; ++c) load_sum(sums + c * logical_lanes<T>, sum[c]);
  for (int v = 0; v < n_vectors; v += n_parts)
    for (int part = 0; part < n_parts; ++part) {
      int const at = (v + part) * lanes<T>;
      Vector<T> const w = load(weight + at);
      for (int c = 0; c < M; ++c)
        sum[c][part] = fused(w, load(x + c * block_points + at), sum[c][part]);
    }
  for (int c = 0; c < M; ++c) store_sum(sums + c * logical_lanes<T>, sum[c]);
}
template <class T>
inline void add_weighted_points(T const* weight, T const* x, int dim, int n_vectors, T* sums) {
  constexpr int width = logical_lanes<T>;
  int c = 0;
  for (; c + 4 <= dim; c += 4)
    add_features<4>(weight, x + c * block_points, n_vectors, sums + c * width);
  for (; c + 2 <= dim; c += 2)
    add_features<2>(weight, x + c * block_points, n_vectors, sums + c * width);
  if (c < dim) add_features<1>(weight, x + c * block_points, n_vectors, sums + c * width);
}

/// The sums of an E-step that are still in vectors.
template <class T>
struct VectorSums {
  T *mass, *square_sums, *sums;
};

/// Adds the points of a block, weighted by their responsibilities, to the sums of component j.
template <class T>
[[gnu::always_inline]] inline void add_block(T const* responsibility, T const* squares, T const* x,
                                             int n_vectors, int dim, int j,
                                             VectorSums<T> const& to) {
  constexpr int width = logical_lanes<T>;
  Vector<T> mass[n_parts], square[n_parts];
  load_sum(to.mass + j * width, mass);
  load_sum(to.square_sums + j * width, square);
  for (int v = 0; v < n_vectors; v += n_parts)
    for (int part = 0; part < n_parts; ++part) {
      int const at = (v + part) * lanes<T>;
      Vector<T> const weight = load(responsibility + at);
      mass[part] += weight;
      square[part] = fused(weight, load(squares + at), square[part]);
    }
  store_sum(to.mass + j * width, mass);
  store_sum(to.square_sums + j * width, square);
  add_weighted_points(responsibility, x, dim, n_vectors, to.sums + j * dim * width);
}

template <class T>
void expectation(ExpectationPass<T>& pass) {
  int const k = pass.components, dim = pass.dim;
  T* const responsibility = pass.scratch;
  T* const squares = responsibility + k * block_points;
  T* const mass = squares + k * block_points;
  constexpr int width = logical_lanes<T>;
  VectorSums<T> const sums{mass, mass + k * width, mass + 2 * k * width};
  clear(mass, k * (dim + 2) * width);
  clear(pass.mass, k);
  clear(pass.square_sums, k);
  clear(pass.sums, k * dim);
  pass.log_likelihood_sum = 0;

  int const n_blocks = (pass.n_points + block_points - 1) / block_points;
  T const* x = pass.points;
  T* labels = pass.labels;
  LaneSum<T> log_density;
  for (int block = 0; block < n_blocks; ++block, x += dim * block_points, labels += block_points) {
    BlockRange const range = block_range<T>(pass.n_points, block);
    responsibilities<T>(
        k, range,
        [&]<int N>(int at, T* densities, Vector<T>(&top)[N], Vector<T>(&label)[N]) {
          log_densities<N>(pass, x + at, densities, squares + at, top, label);
        },
        responsibility, labels, log_density);
    for (int j = 0; j < k; ++j)
      add_block(responsibility + j * block_points, squares + j * block_points, x, range.n_vectors,
                dim, j, sums);
    if (!ends_total(block, n_blocks)) continue;
    move_to_totals(sums.mass, k, pass.mass);
    move_to_totals(sums.square_sums, k, pass.square_sums);
    move_to_totals(sums.sums, k * dim, pass.sums);
    pass.log_likelihood_sum += log_density.total();
    log_density = {};
  }
}

}  // namespace
}  // namespace tvem
