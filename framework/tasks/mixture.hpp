#pragma once

#include <vector>

#include <Eigen/Core>

namespace tvem {

/// Points or means, one a row.
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A Gaussian mixture with k components in d dimensions, each with covariance variance_j * I.
/// A shared covariance has equal variances.
struct Mixture {
  Eigen::VectorXd weights;    // k, sum to 1
  RowMatrix means;            // k x d
  Eigen::VectorXd variances;  // k, squares of standard deviations of a coordinate

  int components() const { return static_cast<int>(means.rows()); }
  int dim() const { return static_cast<int>(means.cols()); }
};

/// log(pi_j N(x_i; mu_j, variance_j I)) for every point and component. points: n x d; result: n x
/// k. A component of weight 0 has log density -infinity.
RowMatrix weighted_log_densities(Mixture const& mixture, RowMatrix const& points);

/// Row-wise log(sum_j exp(a_ij)) of an n x k matrix: the log density of each point under the
/// mixture.
Eigen::VectorXd log_sum_exp_rows(RowMatrix const& log_values);

/// The MAP rule: for each point the component of the largest posterior, the first of equals.
/// Result: n. With the true mixture this is the Bayes classifier.
std::vector<int> map_labels(Mixture const& mixture, RowMatrix const& points);

/// Mean over the points of log p(x_i) under the mixture.
double mean_log_likelihood(Mixture const& mixture, RowMatrix const& points);

}  // namespace tvem
