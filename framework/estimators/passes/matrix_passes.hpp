#pragma once

#include <vector>

#include "framework/tasks/mixture.hpp"

namespace tvem {

/// EM's passes over the points of a task for components whose covariances are matrices: the plain
/// counterpart of PointPasses, in double precision.
class MatrixPasses {
 public:
  explicit MatrixPasses(RowMatrix const& points);

  int n_points() const { return as_count(points_.cols()); }

  /// The E-step at `mixture`, whose factors are there. Returns the mean log-likelihood per point. A
  /// component of weight 0 takes no part.
  double expectation(Mixture const& mixture);
  /// Sum of the responsibilities of component j.
  double mass(Eigen::Index j) const { return mass_[j]; }
  /// The mean weighted by responsibility, for mass > 0, to `mean` (dim), and the weighted sum of
  /// outer products about it to `scatter` (dim x dim).
  void moments(Eigen::Index j, double* mean, RowMatrix& scatter);
  /// n labels of the last pass: of the largest responsibility, the first of equals.
  std::vector<int> labels() const;

 private:
  void set_log_density(Mixture const& mixture, Eigen::Index j);
  double normalize();

  RowMatrix points_;             // d x n
  RowMatrix responsibilities_;   // k x n
  RowMatrix whitened_, scaled_;  // d x n
  Eigen::VectorXd mass_;         // k
};

}  // namespace tvem
