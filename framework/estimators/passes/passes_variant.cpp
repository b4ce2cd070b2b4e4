// Compiled once per instruction set (tvem_variants in cmake/TvemModule.cmake).
//
// A block of 64 points is read from the first-level cache for everything that is done with it.
// Within it, four vectors of points (one at the end) are in work at a time, so that a component's
// mean is broadcast once for all of them and their chains of additions overlap.
#include "framework/core/simd.inl"
#include "framework/estimators/passes/pass_kernels.hpp"

namespace tvem {
namespace {

constexpr int vectors_at_a_time = 4;
/// Blocks whose sums are kept in T before they move on to double: 4096 points.
constexpr int blocks_per_total = 64;

std::size_t scratch_size(int components, int dim) {
  // Two values a point of the block for each component, and a vector for each sum.
  auto const k = static_cast<std::size_t>(components), d = static_cast<std::size_t>(dim);
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

/// Calls f.template operator()<N>(first vector) for N = 4, then 1, until all vectors had their
/// turn.
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
  Vector<T> const number = lane_numbers<T>() + static_cast<T>(v * lanes<T>);
  return number < static_cast<T>(count) ? broadcast(T(1)) : Vector<T>{};
}

template <class T>
inline void add_to(T* sum, Vector<T> v) {
  store(sum, load(sum) + v);
}

/// Adds the lanes of n vectors of sums to their totals and clears them.
template <class T>
void move_to_totals(T* sums, int n, double* totals) {
  for (int i = 0; i < n; ++i, sums += lanes<T>) {
    totals[i] += static_cast<double>(lane_sum(load(sums)));
    store(sums, Vector<T>{});
  }
}

/// Responsibilities of a block and the squared distances they are made of. Returns the sum of the
/// log densities, by lanes.
template <class T>
inline Vector<T> responsibilities(ExpectationPass<T> const& pass, T const* x, BlockRange range,
                                  T* responsibility, T* squares, T* labels) {
  using V = Vector<T>;
  constexpr int width = lanes<T>;
  V log_density_sum{};
  for_vectors(range.n_vectors, [&]<int N>(int first) {
    int const at = first * width;
    V top[N], label[N], sum[N], square[N];
    for (int u = 0; u < N; ++u) label[u] = V{};
    for (int j = 0; j < pass.components; ++j) {
      squared_distances<N>(x + at, pass.means + j * pass.dim, pass.dim, square);
      V const precision = broadcast(-pass.half_precision[j]), scale = broadcast(pass.log_scale[j]);
      V const number = broadcast(static_cast<T>(j));
      for (int u = 0; u < N; ++u) {
        V const log_density = fused(square[u], precision, scale);
        store(squares + j * block_points + at + u * width, square[u]);
        store(responsibility + j * block_points + at + u * width, log_density);
        if (j == 0) top[u] = log_density;
        label[u] = top[u] < log_density ? number : label[u];
        top[u] = top[u] < log_density ? log_density : top[u];
      }
    }
    for (int u = 0; u < N; ++u) store(labels + at + u * width, label[u]);
    for (int u = 0; u < N; ++u) sum[u] = V{};
    for (int j = 0; j < pass.components; ++j)
      for (int u = 0; u < N; ++u) {
        T* const r = responsibility + j * block_points + at + u * width;
        V const e = exponential(load(r) - top[u]);
        sum[u] += e;
        store(r, e);
      }
    V product = broadcast(T(1));  // of sums in 1 .. components: one logarithm for N points
    for (int u = 0; u < N; ++u) {
      V const is_held = held<T>(first + u, range.count);
      product *= is_held > T(0) ? sum[u] : broadcast(T(1));
      log_density_sum += is_held > T(0) ? top[u] : V{};
      V const factor = is_held / sum[u];
      for (int j = 0; j < pass.components; ++j) {
        T* const r = responsibility + j * block_points + at + u * width;
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

template <class T>
void expectation(ExpectationPass<T>& pass) {
  constexpr int width = lanes<T>;
  int const k = pass.components, dim = pass.dim;
  T* const responsibility = pass.scratch;
  T* const squares = responsibility + k * block_points;
  T* const mass = squares + k * block_points;
  T* const square_sums = mass + k * width;
  T* const sums = square_sums + k * width;
  for (int i = 0; i < k * (dim + 2) * width; ++i) mass[i] = 0;
  for (int j = 0; j < k; ++j) pass.mass[j] = pass.square_sums[j] = 0;
  for (int i = 0; i < k * dim; ++i) pass.sums[i] = 0;
  pass.log_likelihood_sum = 0;

  int const n_blocks = (pass.n_points + block_points - 1) / block_points;
  Vector<T> log_density_sum{};
  for (int block = 0; block < n_blocks; ++block) {
    T const* const x = pass.points + static_cast<std::ptrdiff_t>(block) * dim * block_points;
    BlockRange const range = block_range<T>(pass.n_points, block);
    T* const labels = pass.labels + static_cast<std::ptrdiff_t>(block) * block_points;
    log_density_sum += responsibilities(pass, x, range, responsibility, squares, labels);
    for (int j = 0; j < k; ++j) {
      T const* const r = responsibility + j * block_points;
      Vector<T> mass_sum = load(mass + j * width), square_sum = load(square_sums + j * width);
      for (int v = 0; v < range.n_vectors; ++v) {
        Vector<T> const weight = load(r + v * width);
        mass_sum += weight;
        square_sum = fused(weight, load(squares + j * block_points + v * width), square_sum);
      }
      store(mass + j * width, mass_sum);
      store(square_sums + j * width, square_sum);
      add_weighted_points(r, x, dim, range.n_vectors, sums + j * dim * width);
    }
    if ((block + 1) % blocks_per_total == 0 || block + 1 == n_blocks) {
      move_to_totals(mass, k, pass.mass);
      move_to_totals(square_sums, k, pass.square_sums);
      move_to_totals(sums, k * dim, pass.sums);
      pass.log_likelihood_sum += static_cast<double>(lane_sum(log_density_sum));
      log_density_sum = Vector<T>{};
    }
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
      V const number = broadcast(static_cast<T>(j));
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

template <class T>
void nearest(NearestPass<T>& pass) {
  constexpr int width = lanes<T>;
  int const k = pass.components, dim = pass.dim;
  T* const counts = pass.scratch;
  T* const sums = counts + k * width;
  for (int i = 0; i < k * (dim + 1) * width; ++i) counts[i] = 0;
  for (int j = 0; j < k; ++j) pass.counts[j] = 0;
  for (int i = 0; i < k * dim; ++i) pass.sums[i] = 0;
  pass.square_sum = 0;

  int const n_blocks = (pass.n_points + block_points - 1) / block_points;
  Vector<T> square_sum{}, n_changed{};
  for (int block = 0; block < n_blocks; ++block) {
    T const* const x = pass.points + static_cast<std::ptrdiff_t>(block) * dim * block_points;
    T* const labels = pass.labels + static_cast<std::ptrdiff_t>(block) * block_points;
    BlockRange const range = block_range<T>(pass.n_points, block);
    square_sum += nearest_labels(pass, x, range, labels, n_changed);
    for (int j = 0; j < k; ++j) {
      Vector<T> const label = broadcast(static_cast<T>(j));
      Vector<T> count = load(counts + j * width);
      for (int v = 0; v < range.n_vectors; ++v)
        count += load(labels + v * width) == label ? broadcast(T(1)) : Vector<T>{};
      store(counts + j * width, count);
      T* const its_sums = sums + j * dim * width;
      int c = 0;
      for (; c + 4 <= dim; c += 4)
        add_labelled<4>(labels, label, x + c * block_points, range.n_vectors, its_sums + c * width);
      for (; c < dim; ++c)
        add_labelled<1>(labels, label, x + c * block_points, range.n_vectors, its_sums + c * width);
    }
    if ((block + 1) % blocks_per_total == 0 || block + 1 == n_blocks) {
      move_to_totals(counts, k, pass.counts);
      move_to_totals(sums, k * dim, pass.sums);
      pass.square_sum += static_cast<double>(lane_sum(square_sum));
      square_sum = Vector<T>{};
    }
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
