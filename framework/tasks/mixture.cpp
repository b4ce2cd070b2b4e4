#include "tvem/tasks/mixture.hpp"

#include <limits>
#include <numbers>

#include "tvem/core/error.hpp"
#include "tvem/core/math.hpp"

namespace tvem {

// Plain loops in a fixed order: library reductions may group terms by alignment, and a task's
// results must be the same bits wherever it is computed.

RowMatrix weighted_log_densities(Mixture const& mixture, RowMatrix const& points) {
  TVEM_CHECK(points.cols() == mixture.means.cols(), "points and means differ in dimension");
  Eigen::Index const n = points.rows(), d = points.cols(), k = mixture.means.rows();
  Eigen::VectorXd log_scale(k), half_precision(k);
  for (Eigen::Index j = 0; j < k; ++j) {
    double const log_weight = mixture.weights[j] > 0 ? portable_log(mixture.weights[j])
                                                     : -std::numeric_limits<double>::infinity();
    log_scale[j] = log_weight - 0.5 * static_cast<double>(d) *
                                    portable_log(2 * std::numbers::pi * mixture.variances[j]);
    half_precision[j] = 0.5 / mixture.variances[j];
  }
  RowMatrix log_density(n, k);
  for (Eigen::Index i = 0; i < n; ++i) {
    double const* x = points.data() + i * d;
    for (Eigen::Index j = 0; j < k; ++j) {
      double const* mu = mixture.means.data() + j * d;
      double distance = 0;
      for (Eigen::Index c = 0; c < d; ++c) distance += (x[c] - mu[c]) * (x[c] - mu[c]);
      log_density(i, j) = log_scale[j] - half_precision[j] * distance;
    }
  }
  return log_density;
}

Eigen::VectorXd log_sum_exp_rows(RowMatrix const& log_values) {
  Eigen::VectorXd result(log_values.rows());
  for (Eigen::Index i = 0; i < log_values.rows(); ++i) {
    double largest = log_values(i, 0);
    for (Eigen::Index j = 1; j < log_values.cols(); ++j)
      if (log_values(i, j) > largest) largest = log_values(i, j);
    double sum = 0;
    for (Eigen::Index j = 0; j < log_values.cols(); ++j)
      sum += portable_exp(log_values(i, j) - largest);
    result[i] = largest + portable_log(sum);
  }
  return result;
}

std::vector<int> map_labels(Mixture const& mixture, RowMatrix const& points) {
  RowMatrix const log_density = weighted_log_densities(mixture, points);
  std::vector<int> labels(static_cast<std::size_t>(points.rows()));
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    Eigen::Index best = 0;
    for (Eigen::Index j = 1; j < log_density.cols(); ++j)
      if (log_density(i, j) > log_density(i, best)) best = j;
    labels[static_cast<std::size_t>(i)] = static_cast<int>(best);
  }
  return labels;
}

double mean_log_likelihood(Mixture const& mixture, RowMatrix const& points) {
  Eigen::VectorXd const log_density = log_sum_exp_rows(weighted_log_densities(mixture, points));
  double sum = 0;
  for (double const value : log_density) sum += value;
  return sum / static_cast<double>(points.rows());
}

}  // namespace tvem
