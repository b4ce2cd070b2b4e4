#pragma once

// The E-step for components with a covariance matrix each, and their moments. In double precision.

#include "framework/estimators/passes/expectation.inl"

namespace tvem {
namespace {

/// |F^-1 (x - mean)|^2 of N vectors of points by forward substitution. factor: dim x dim, F below
/// the diagonal and the inverse of F on it. y: the solution, features of N vectors.
template <int N>
inline void whitened_squares(double const* x, double const* mean, double const* factor, int dim,
                             double* y, DoubleVector (&square)[N]) {
  constexpr int width = lanes<double>;
  for (int u = 0; u < N; ++u) square[u] = DoubleVector{};
  for (int c = 0; c < dim; ++c, factor += dim) {
    DoubleVector const m = broadcast(mean[c]), inverse = broadcast(factor[c]);
    DoubleVector value[N];
    for (int u = 0; u < N; ++u) value[u] = load(x + c * block_points + u * width) - m;
    for (int b = 0; b < c; ++b) {
      if (factor[b] == 0) continue;  // of a diagonal covariance
      DoubleVector const f = broadcast(-factor[b]);
      for (int u = 0; u < N; ++u) value[u] = fused(f, load(y + (b * N + u) * width), value[u]);
    }
    for (int u = 0; u < N; ++u) {
      value[u] *= inverse;
      store(y + (c * N + u) * width, value[u]);
      square[u] = fused(value[u], value[u], square[u]);
    }
  }
}

template <int N>
inline void log_densities(MatrixPass const& pass, double const* x, double* log_density,
                          DoubleVector (&top)[N], DoubleVector (&label)[N]) {
  DoubleVector square[N];
  DoubleVector const half = broadcast(-0.5);
  for (int u = 0; u < N; ++u) label[u] = DoubleVector{};
  for (int j = 0; j < pass.components; ++j) {
    whitened_squares<N>(x, pass.means + j * pass.dim, pass.factors + j * pass.dim * pass.dim,
                        pass.dim, pass.scratch, square);
    DoubleVector const scale = broadcast(pass.log_scale[j]), number = broadcast(rounded<double>(j));
    for (int u = 0; u < N; ++u) {
      DoubleVector const value = fused(square[u], half, scale);
      store(log_density + j * block_points + u * lanes<double>, value);
      if (j == 0) top[u] = value;
      label[u] = top[u] < value ? number : label[u];
      top[u] = top[u] < value ? value : top[u];
    }
  }
}

/// Adds the responsibilities of a block to the masses.
inline void add_masses(int components, int n_vectors, double const* responsibility, double* mass) {
  for (int j = 0; j < components; ++j, responsibility += block_points) {
    LaneSum<double> sum;
    for (int v = 0; v < n_vectors; v += n_parts)
      for (int part = 0; part < n_parts; ++part)
        sum.part[part] += load(responsibility + (v + part) * lanes<double>);
    mass[j] += sum.total();
  }
}

void matrix_expectation(MatrixPass& pass) {
  double const* x = pass.points;
  double *responsibility = pass.responsibilities, *labels = pass.labels;
  int const n_blocks = (pass.n_points + block_points - 1) / block_points;
  LaneSum<double> log_density;
  for (int block = 0; block < n_blocks; ++block) {
    BlockRange const range = block_range<double>(pass.n_points, block);
    responsibilities<double>(
        pass.components, range,
        [&]<int N>(int at, double* densities, DoubleVector(&top)[N], DoubleVector(&label)[N]) {
          log_densities<N>(pass, x + at, densities, top, label);
        },
        responsibility, labels, log_density);
    add_masses(pass.components, range.n_vectors, responsibility, pass.mass);
    x += pass.dim * block_points;
    responsibility += pass.components * block_points;
    labels += block_points;
  }
  pass.log_likelihood_sum += log_density.total();
}

/// The points of a block about the origin, and their weights times each coordinate in turn, go to
/// the sums of products of coordinates.
inline void add_products(MomentsPass const& pass, double const* weight, double const* x,
                         int n_vectors, double* centred, double* sums) {
  constexpr int width = lanes<double>;
  double* const scaled = centred + pass.dim * block_points;
  for (int c = 0; c < pass.dim; ++c, sums += pass.dim * logical_lanes<double>) {
    DoubleVector const origin = broadcast(pass.origin[c]);
    for (int v = 0; v < n_vectors; ++v) {
      int const at = c * block_points + v * width;
      DoubleVector const difference = load(x + at) - origin;
      store(centred + at, difference);
      store(scaled + v * width, load(weight + v * width) * difference);
    }
    add_weighted_points(scaled, centred, c + 1, n_vectors, sums);
  }
}

void matrix_moments(MomentsPass& pass) {
  constexpr int width = logical_lanes<double>;
  int const d = pass.dim;
  double* const sums = pass.scratch;
  double* const products = sums + d * width;
  double* const centred = products + d * d * width;
  clear(sums, d * (d + 1) * width);
  double const *x = pass.points, *weight = pass.weights;
  int const n_blocks = (pass.n_points + block_points - 1) / block_points;
  for (int block = 0; block < n_blocks; ++block) {
    int const n_vectors = block_range<double>(pass.n_points, block).n_vectors;
    if (pass.products)
      add_products(pass, weight, x, n_vectors, centred, products);
    else
      add_weighted_points(weight, x, d, n_vectors, sums);
    x += d * block_points;
    weight += pass.weights_stride;
  }
  if (pass.products)
    move_to_totals(products, d * d, pass.products);
  else
    move_to_totals(sums, d, pass.sums);
}

}  // namespace
}  // namespace tvem
