#pragma once

// What the passes over blocks of points share. A block of 64 points is read from the first-level
// cache for everything that is done with it. Within it, the loops work on four vectors of points at
// a time. So a component's mean is broadcast once for all of them, and their chains of additions
// overlap. Point i is in the logical lane i modulo 64 / sizeof(T), whatever the processor's
// vectors.

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
  int n_vectors;  // that hold them: those of whole logical vectors
};
template <class T>
BlockRange block_range(int n_points, int block) {
  constexpr int logical = logical_lanes<T>;
  int const left = n_points - block * block_points;
  int const count = left < block_points ? left : block_points;
  return {count, (count + logical - 1) / logical * n_parts};
}

/// Calls f.template operator()<N>(first vector) for N vectors at a time: 4, and at the end those of
/// one logical vector.
template <class F>
inline void for_vectors(int n_vectors, F const& f) {
  int v = 0;
  for (; v + vectors_at_a_time <= n_vectors; v += vectors_at_a_time)
    f.template operator()<vectors_at_a_time>(v);
  for (; v < n_vectors; v += n_parts) f.template operator()<n_parts>(v);
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

/// Sums by logical lanes in memory, one after the other, as the passes keep them.
template <class T>
inline void load_sum(T const* sums, Vector<T> (&sum)[n_parts]) {
  for (int part = 0; part < n_parts; ++part) sum[part] = load(sums + part * lanes<T>);
}
template <class T>
inline void store_sum(T* sums, Vector<T> const (&sum)[n_parts]) {
  for (int part = 0; part < n_parts; ++part) store(sums + part * lanes<T>, sum[part]);
}

/// Adds n sums to their totals and clears them.
template <class T>
void move_to_totals(T* sums, int n, double* totals) {
  for (int i = 0; i < n; ++i, sums += logical_lanes<T>) {
    LaneSum<T> sum;
    load_sum(sums, sum.part);
    totals[i] += sum.total();
    store_sum(sums, LaneSum<T>{}.part);
  }
}

/// Whether the sums move on to their totals after this block.
inline bool ends_total(int block, int n_blocks) {
  return (block + 1) % blocks_per_total == 0 || block + 1 == n_blocks;
}

template <class V>
void clear(V* values, int n) {
  for (int i = 0; i < n; ++i) values[i] = 0;
}

}  // namespace
}  // namespace tvem
