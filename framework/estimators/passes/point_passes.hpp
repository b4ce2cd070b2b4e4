#pragma once

#include <vector>

#include "framework/core/aligned_buffer.hpp"
#include "framework/estimators/passes/pass_kernels.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// The points of a task laid out for EM's and Lloyd's passes, in precision T, with the buffers and
/// the results of a pass. Serves any number of starts; allocates nothing after the first pass.
template <class T>
class PointPasses {
 public:
  PointPasses(RowMatrix const& points);

  int n_points() const { return n_; }

  /// EM's E-step at `mixture` and the sums for its M-step. Returns the mean log-likelihood per
  /// point. A component of weight 0 takes no part.
  double expectation(Mixture const& mixture);
  /// Sum of the responsibilities of component j, and of all components.
  double mass(Eigen::Index j) const { return mass_[j]; }
  double total_mass() const { return n_; }
  /// The mass that counts for its mean.
  double mean_mass(Eigen::Index j) const { return mass(j); }
  /// Sum of squared distances from the mean of the E-step, weighted by responsibility.
  double square_sum(Eigen::Index j) const { return square_sums_[j]; }
  /// The mean weighted by responsibility, for mass > 0, to `mean` (dim). Returns the weighted sum
  /// of squared distances from it.
  double weighted_mean(Eigen::Index j, double* mean) const;

  /// Lloyd's step: labels of the nearest of the means (k x d). Returns whether a label changed
  /// since the last pass.
  bool nearest(RowMatrix const& means);
  /// Sum of squared distances from the nearest mean.
  double nearest_square_sum() const { return nearest_square_sum_; }
  /// Points of label j.
  double count(Eigen::Index j) const { return mass(j); }
  /// Their mean, for count > 0, to `mean` (dim).
  void label_mean(Eigen::Index j, double* mean) const;

  /// n labels of the last pass: of the largest responsibility or the nearest mean, the first of
  /// equals.
  std::vector<int> labels() const;

 private:
  /// Means as the passes read them, and room for their results.
  void set_means(RowMatrix const& means);
  void set_densities(Mixture const& mixture);

  PassKernels<T> const& kernels_;
  int n_, dim_;
  Eigen::VectorXd origin_;   // dim: taken off the points; their mean in float, which saves digits
  AlignedVector<T> points_;  // blocks of dim x block_points
  AlignedVector<T> means_, half_precision_, log_scale_, labels_, scratch_;
  std::vector<double> mass_, square_sums_, sums_;
  double nearest_square_sum_ = 0;
};

/// Returns f(passes in `precision`, passes in double). The second ones compute results that are to
/// be compared, whatever the precision of the iterations.
template <class F>
auto with_passes(RowMatrix const& points, PrecisionKind precision, F const& f) {
  PointPasses<double> in_double(points);
  if (precision == PrecisionKind::double_precision) return f(in_double, in_double);
  PointPasses<float> in_float(points);
  return f(in_float, in_double);
}

}  // namespace tvem
