#pragma once

#include <vector>

#include <Eigen/Core>

#include "framework/core/index.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// Points or means, one a row.
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A mixture with k components in d dimensions: x = mu_j + F_j e, with F_j F_j^T the covariance of
/// component j and e noise of d coordinates with mean 0 and covariance I. F_j is sqrt(variance_j) I
/// where `factors` is empty.
struct Mixture {
  Eigen::VectorXd weights;    // k, sum to 1
  RowMatrix means;            // k x d
  Eigen::VectorXd variances;  // k, squares of standard deviations of a coordinate; or none
  RowMatrix factors;          // (k d) x d: the F_j, lower triangular, one below another; or none
  NoiseKind noise = NoiseKind::gaussian;
  double degrees = 0;  // of Student's t, > 2

  int components() const { return as_count(means.rows()); }
  int dim() const { return as_count(means.cols()); }
  bool is_isotropic() const { return factors.size() == 0; }
  auto factor(Eigen::Index j) const { return factors.middleRows(j * means.cols(), means.cols()); }
  auto factor(Eigen::Index j) { return factors.middleRows(j * means.cols(), means.cols()); }
};

/// Mean of a coordinate over the points (n x d).
double column_mean(RowMatrix const& points, Eigen::Index coordinate);

/// |a - b|^2 of two points of d coordinates.
inline double squared_distance(double const* a, double const* b, Eigen::Index d) {
  double sum = 0;
  for (Eigen::Index c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

/// The same mixture with factors in the place of variances.
Mixture with_factors(Mixture mixture);

/// The covariance of component j, d x d.
RowMatrix covariance_of(Mixture const& mixture, Eigen::Index j);

/// Replaces a symmetric positive definite matrix (d x d) by its lower Cholesky factor, with zeros
/// above the diagonal. Returns false, with the matrix spoiled, when it is not positive definite.
bool factorize(Eigen::Ref<RowMatrix> matrix);

/// log(pi_j p_j(x_i)) for every point and component. points: n x d; result: n x k. A component of
/// weight 0 has log density -infinity.
RowMatrix weighted_log_densities(Mixture const& mixture, RowMatrix const& points);

/// Row-wise log(sum_j exp(a_ij)) of an n x k matrix: the log density of each point under the
/// mixture.
Eigen::VectorXd log_sum_exp_rows(RowMatrix const& log_values);

/// p(z_i = j | x_i) for every point and component: n x k, rows with sum 1. points: n x d.
RowMatrix component_probabilities(Mixture const& mixture, RowMatrix const& points);

/// The MAP rule: for each point the component of the largest posterior, the first of equals.
/// Result: n. With the true mixture this is the Bayes classifier.
std::vector<int> map_labels(Mixture const& mixture, RowMatrix const& points);

/// Mean over the points of log p(x_i) under the mixture.
double mean_log_likelihood(Mixture const& mixture, RowMatrix const& points);

}  // namespace tvem
