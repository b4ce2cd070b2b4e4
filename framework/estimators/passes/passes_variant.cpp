// Compiled once per instruction set (tvem_variants in cmake/TvemModule.cmake).
//
// A block of 64 points is read from the first-level cache for everything that is done with it.
// Within it, the loops work on four vectors of points at a time (on one at the end). So a
// component's mean is broadcast once for all of them, and their chains of additions overlap.
#include "framework/core/processor/simd.inl"
#include "framework/estimators/passes/pass_kernels.hpp"

namespace tvem {
namespace {

constexpr int vectors_at_a_time = 4;
/// Blocks whose sums are kept in T before they move on to double: 4096 points.
constexpr int blocks_per_total = 64;

std::size_t scratch_size(int components, int dim) {
  // Two values a point of the block for each component, and a vector for each sum.
  std::size_t const k = components, d = dim;
  return k * (2 * block_points + (d + 2) * 16);
}

/// The part of a block that holds points.
struct BlockRange {
  int count;      // points
  int n_vectors;  // vectors that hold them
};
template <class T>
BlockRange block_range(int n_points, int block) {
  int const left = n_points - block * block_points;
  int const count = left < block_points ? left : block_points;
  return {count, (count + lanes<T> - 1) / lanes<T>};
}

/// Calls f.template operator()<N>(first vector) with N = 4, then with N = 1 for the vectors that
/// are left.
template <class F>
inline void for_vectors(int n_vectors, F const& f) {
  int v = 0;
  for (; v + vectors_at_a_time <= n_vectors; v += vectors_at_a_time)
    f.template operator()<vectors_at_a_time>(v);
  for (; v < n_vectors; ++v) f.template operator()<1>(v);
}

/// |x - mean|^2 of N vectors of points. x: of the first feature, the next is block_points further.
template <int N, class T>
inline void squared_distances(T const* x, T const* mean, int dim, Vector<T>* square) {
  for (int u = 0; u < N; ++u) square[u] = Vector<T>{};
  for (int c = 0; c < dim; ++c, x += block_points) {
    Vector<T> const m = broadcast(mean[c]);
    for (int u = 0; u < N; ++u) {
      Vector<T> const difference = load(x + u * lanes<T>) - m;
      square[u] = fused(difference, difference, square[u]);
    }
  }
}

/// 1 in the lanes that hold one of the block's `count` points, else 0.
template <class T>
inline Vector<T> held(int v, int count) {
  Vector<T> const number = lane_numbers<T>() + rounded<T>(v * lanes<T>);
  return number < rounded<T>(count) ? broadcast(T(1)) : Vector<T>{};
}

template <class T>
inline void add_to(T* sum, Vector<T> v) {
  store(sum, load(sum) + v);
}

/// Adds the lanes of n vectors of sums to their totals and clears them.
template <class T>
void move_to_totals(T* sums, int n, double* totals) {
  for (int i = 0; i < n; ++i, sums += lanes<T>) {
    totals[i] += lane_sum(load(sums));
    store(sums, Vector<T>{});
  }
}

/// Log densities of N vectors of points under every component, and the squared distances they are
/// made of; the largest of a point and its component.
template <int N, class T>
[[gnu::always_inline]] inline void log_densities(ExpectationPass<T> const& pass, T const* x,
                                                 T* log_density, T* squares, Vector<T> (&top)[N],
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

/// Responsibilities of a block and the squared distances they are made of. Returns the sum of the
/// log densities, by lanes.
template <class T>
inline Vector<T> responsibilities(ExpectationPass<T> const& pass, T const* x, BlockRange range,
                                  T* responsibility, T* squares, T* labels) {
  using V = Vector<T>;
  V log_density_sum{};
  for_vectors(range.n_vectors, [&]<int N>(int first) {
    int const at = first * lanes<T>;
    V top[N], label[N], sum[N];
    log_densities<N>(pass, x + at, responsibility + at, squares + at, top, label);
    for (int u = 0; u < N; ++u) store(labels + at + u * lanes<T>, label[u]);
    exponentials<N>(pass.components, top, responsibility + at, sum);
    V product = broadcast(T(1));  // of sums in 1 .. components: one logarithm for N points
    for (int u = 0; u < N; ++u) {
      V const is_held = held<T>(first + u, range.count);
      product *= is_held > T(0) ? sum[u] : broadcast(T(1));
      log_density_sum += is_held > T(0) ? top[u] : V{};
      V const factor = is_held / sum[u];
      for (int j = 0; j < pass.components; ++j) {
        T* const r = responsibility + j * block_points + at + u * lanes<T>;
        store(r, load(r) * factor);
      }
    }
    log_density_sum += logarithm(product);
  });
  return log_density_sum;
}

/// Adds sum_i w_i x_i of M features of a block to their sums.
template <int M, class T>
inline void add_features(T const* weight, T const* x, int n_vectors, T* sums) {
  constexpr int width = lanes<T>;
  Vector<T> sum[M];
  for (int c = 0; c < M; ++c) sum[c] = load(sums + c * width);
  for (int v = 0; v < n_vectors; ++v) {
    Vector<T> const w = load(weight + v * width);
    for (int c = 0; c < M; ++c) sum[c] = fused(w, load(x + c * block_points + v * width), sum[c]);
  }
  for (int c = 0; c < M; ++c) store(sums + c * width, sum[c]);
}
template <class T>
inline void add_weighted_points(T const* weight, T const* x, int dim, int n_vectors, T* sums) {
  int c = 0;
  for (; c + 4 <= dim; c += 4)
    add_features<4>(weight, x + c * block_points, n_vectors, sums + c * lanes<T>);
  for (; c + 2 <= dim; c += 2)
    add_features<2>(weight, x + c * block_points, n_vectors, sums + c * lanes<T>);
  if (c < dim) add_features<1>(weight, x + c * block_points, n_vectors, sums + c * lanes<T>);
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
  constexpr int width = lanes<T>;
  Vector<T> mass_sum = load(to.mass + j * width), square_sum = load(to.square_sums + j * width);
  for (int v = 0; v < n_vectors; ++v) {
    Vector<T> const weight = load(responsibility + v * width);
    mass_sum += weight;
    square_sum = fused(weight, load(squares + v * width), square_sum);
  }
  store(to.mass + j * width, mass_sum);
  store(to.square_sums + j * width, square_sum);
  add_weighted_points(responsibility, x, dim, n_vectors, to.sums + j * dim * width);
}

/// Whether the sums move on to their totals after this block.
inline bool ends_total(int block, int n_blocks) {
  return (block + 1) % blocks_per_total == 0 || block + 1 == n_blocks;
}

template <class V>
void clear(V* values, int n) {
  for (int i = 0; i < n; ++i) values[i] = 0;
}

template <class T>
void expectation(ExpectationPass<T>& pass) {
  int const k = pass.components, dim = pass.dim;
  T* const responsibility = pass.scratch;
  T* const squares = responsibility + k * block_points;
  T* const mass = squares + k * block_points;
  VectorSums<T> const sums{mass, mass + k * lanes<T>, mass + 2 * k * lanes<T>};
  clear(mass, k * (dim + 2) * lanes<T>);
  clear(pass.mass, k);
  clear(pass.square_sums, k);
  clear(pass.sums, k * dim);
  pass.log_likelihood_sum = 0;

  int const n_blocks = (pass.n_points + block_points - 1) / block_points;
  T const* x = pass.points;
  T* labels = pass.labels;
  Vector<T> log_density_sum{};
  for (int block = 0; block < n_blocks; ++block, x += dim * block_points, labels += block_points) {
    BlockRange const range = block_range<T>(pass.n_points, block);
    log_density_sum += responsibilities(pass, x, range, responsibility, squares, labels);
    for (int j = 0; j < k; ++j)
      add_block(responsibility + j * block_points, squares + j * block_points, x, range.n_vectors,
                dim, j, sums);
    if (!ends_total(block, n_blocks)) continue;
    move_to_totals(sums.mass, k, pass.mass);
    move_to_totals(sums.square_sums, k, pass.square_sums);
    move_to_totals(sums.sums, k * dim, pass.sums);
    pass.log_likelihood_sum += lane_sum(log_density_sum);
    log_density_sum = Vector<T>{};
  }
}

/// Labels of a block and whether one changed, by lanes. Returns the sum of squared distances.
template <class T>
inline Vector<T> nearest_labels(NearestPass<T> const& pass, T const* x, BlockRange range, T* labels,
                                Vector<T>& n_changed) {
  using V = Vector<T>;
  constexpr int width = lanes<T>;
  V square_sum{};
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
      square_sum += is_held > T(0) ? best[u] : V{};
      // A label of no component keeps lanes without a point out of the sums.
      store(former, is_held > T(0) ? label[u] : broadcast(T(-1)));
    }
  });
  return square_sum;
}

/// As add_features, but of the points of one label alone.
template <int M, class T>
inline void add_labelled(T const* labels, Vector<T> label, T const* x, int n_vectors, T* sums) {
  constexpr int width = lanes<T>;
  Vector<T> sum[M];
  for (int c = 0; c < M; ++c) sum[c] = load(sums + c * width);
  for (int v = 0; v < n_vectors; ++v) {
    auto const is_its = load(labels + v * width) == label;
    for (int c = 0; c < M; ++c) {
      Vector<T> const next = sum[c] + load(x + c * block_points + v * width);
      sum[c] = is_its ? next : sum[c];
    }
  }
  for (int c = 0; c < M; ++c) store(sums + c * width, sum[c]);
}

/// Counts and adds up the points of a block that have label j. sums: those of this label.
template <class T>
[[gnu::always_inline]] inline void add_labelled_block(T const* labels, T const* x, int n_vectors,
                                                      int dim, int j, T* counts, T* sums) {
  constexpr int width = lanes<T>;
  Vector<T> const label = broadcast(rounded<T>(j));
  Vector<T> count = load(counts + j * width);
  for (int v = 0; v < n_vectors; ++v)
    count += load(labels + v * width) == label ? broadcast(T(1)) : Vector<T>{};
  store(counts + j * width, count);
  int c = 0;
  for (; c + 4 <= dim; c += 4)
    add_labelled<4>(labels, label, x + c * block_points, n_vectors, sums + c * width);
  for (; c < dim; ++c)
    add_labelled<1>(labels, label, x + c * block_points, n_vectors, sums + c * width);
}

template <class T>
void nearest(NearestPass<T>& pass) {
  constexpr int width = lanes<T>;
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
  Vector<T> square_sum{}, n_changed{};
  for (int block = 0; block < n_blocks; ++block, x += dim * block_points, labels += block_points) {
    BlockRange const range = block_range<T>(pass.n_points, block);
    square_sum += nearest_labels(pass, x, range, labels, n_changed);
    for (int j = 0; j < k; ++j)
      add_labelled_block(labels, x, range.n_vectors, dim, j, counts, sums + j * dim * width);
    if (!ends_total(block, n_blocks)) continue;
    move_to_totals(counts, k, pass.counts);
    move_to_totals(sums, k * dim, pass.sums);
    pass.square_sum += lane_sum(square_sum);
    square_sum = Vector<T>{};
  }
  pass.has_changed = lane_sum(n_changed) > T(0);
}

template <class T>
constexpr PassKernels<T> table{
    .scratch_size = &scratch_size, .expectation = &expectation<T>, .nearest = &nearest<T>};

}  // namespace

template <>
PassKernels<float> const& Variants<PassKernels<float>>::TVEM_VARIANT() {
  return table<float>;
}
template <>
PassKernels<double> const& Variants<PassKernels<double>>::TVEM_VARIANT() {
  return table<double>;
}

}  // namespace tvem
