#pragma once

#include <vector>

#include "framework/core/aligned_buffer.hpp"
#include "framework/estimators/passes/pass_kernels.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// EM's passes over the points of a task for components whose covariances are matrices: the
/// counterpart of PointPasses, in double precision.
class MatrixPasses {
 public:
  explicit MatrixPasses(RowMatrix const& points);

  int n_points() const { return n_; }

  /// The E-step at `mixture`, whose factors are there. Returns the mean log-likelihood per point. A
  /// component of weight 0 takes no part.
  double expectation(Mixture const& mixture);
  /// Sum of the responsibilities of component j, and of all components.
  double mass(Eigen::Index j) const { return mass_[j]; }
  double total_mass() const { return n_; }
  /// The mass that counts for its mean.
  double mean_mass(Eigen::Index j) const { return mass(j); }
  /// The mean weighted by responsibility, for mass > 0, to `mean` (dim), and the weighted sum of
  /// outer products about it to `scatter` (dim x dim).
  void moments(Eigen::Index j, double* mean, RowMatrix& scatter);
  /// n labels of the last pass: of the largest responsibility, the first of equals.
  std::vector<int> labels() const;

 private:
  void set_densities(Mixture const& mixture);
  /// Calls f(first block, points) for parts of the points that take no long time.
  template <class F>
  void for_parts(F const& f) const;

  MatrixPassKernels const& kernels_;
  int n_, dim_;
  AlignedVector<double> points_;  // blocks of dim x block_points
  AlignedVector<double> responsibilities_, labels_, factors_, log_scale_, scratch_;
  std::vector<double> mass_;
};

}  // namespace tvem
