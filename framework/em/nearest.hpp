#pragma once

#include <vector>

#include "tvem/tasks/mixture.hpp"

namespace tvem {

/// Which mean each point is nearest to (the first of equals), and how far it is.
struct NearestMeans {
  std::vector<int> labels;                // n
  std::vector<double> squared_distances;  // n
  double square_sum = 0;                  // of the distances, in the order of the points

  /// points: n x d; means: k x d. Returns whether a label changed.
  bool assign(RowMatrix const& points, RowMatrix const& means);
};

/// sum over points of |x_i - mean_{label_i}|^2 / (n d): the shared within-cluster variance.
double within_variance(NearestMeans const& nearest, Eigen::Index dim);

}  // namespace tvem
