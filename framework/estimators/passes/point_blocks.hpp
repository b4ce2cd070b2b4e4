#pragma once

#include "framework/core/aligned_buffer.hpp"
#include "framework/core/math.hpp"
#include "framework/estimators/passes/pass_kernels.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

inline std::size_t n_blocks_of(int n_points) {
  return (n_points + block_points - 1) / block_points;
}

/// Points (n x d) less the origin (d), laid out for the passes: blocks of dim x block_points. The
/// last block is filled with zeros.
template <class T>
AlignedVector<T> in_blocks(RowMatrix const& points, Eigen::VectorXd const& origin) {
  Eigen::Index const dim = points.cols();
  AlignedVector<T> blocks(n_blocks_of(as_count(points.rows())) * dim * block_points);
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    T* const target = blocks.data() + i / block_points * dim * block_points + i % block_points;
    for (Eigen::Index c = 0; c < dim; ++c)
      target[c * block_points] = rounded_to<T>(points(i, c) - origin[c]);
  }
  return blocks;
}

/// The labels of n points from those of the passes.
template <class T>
std::vector<int> labels_of(AlignedVector<T> const& labels, int n_points) {
  std::vector<int> result(n_points);
  for (int i = 0; i < n_points; ++i) result[i] = as_count(whole_part(labels[i]));
  return result;
}

}  // namespace tvem
