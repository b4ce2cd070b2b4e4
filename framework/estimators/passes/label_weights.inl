#pragma once

// What a draw of labels needs, for components with one variance each.

#include "framework/estimators/passes/expectation.inl"

namespace tvem {
namespace {

template <class T>
void label_weights(LabelWeightsPass<T>& pass) {
  int const k = pass.components, n_blocks = (pass.n_points + block_points - 1) / block_points;
  for (int block = 0; block < n_blocks; ++block) {
    T const* const x = pass.points + block * pass.dim * block_points;
    T* const weights = pass.weights + block * k * block_points;
    T* const squares = pass.squares + block * k * block_points;
    for_vectors(block_range<T>(pass.n_points, block).n_vectors, [&]<int N>(int first) {
      int const at = first * lanes<T>;
      Vector<T> top[N], label[N], sum[N];
      log_densities<N>(pass, x + at, weights + at, squares + at, top, label);
      exponentials<N>(k, top, weights + at, sum);
      for (int u = 0; u < N; ++u) {
        int const point = block * block_points + at + u * lanes<T>;
        store(pass.labels + point, label[u]);
        store(pass.sums + point, sum[u]);
      }
    });
  }
}

}  // namespace
}  // namespace tvem
