#include "framework/estimators/passes/matrix_passes.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/core/interruption.hpp"
#include "framework/core/math.hpp"

namespace tvem {
namespace {

/// y = F^-1 (x - mu) for all points at once; F lower triangular. x, y: d x n.
void whiten(RowMatrix const& points, Mixture const& mixture, Eigen::Index j, RowMatrix& y) {
  auto const factor = mixture.factor(j);
  for (Eigen::Index c = 0; c < points.rows(); ++c) {
    y.row(c) = points.row(c).array() - mixture.means(j, c);
    for (Eigen::Index b = 0; b < c; ++b)
      if (factor(c, b) != 0) y.row(c) -= factor(c, b) * y.row(b);
    y.row(c) *= 1 / factor(c, c);
  }
}

}  // namespace

MatrixPasses::MatrixPasses(RowMatrix const& points)
    : points_(points.transpose()),
      whitened_(points.cols(), points.rows()),
      scaled_(points.cols(), points.rows()) {}

double MatrixPasses::expectation(Mixture const& mixture) {
  responsibilities_.resize(mixture.components(), points_.cols());
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    leave_if_interrupted();
    set_log_density(mixture, j);
  }
  return normalize();
}

/// Sets row j of the responsibilities to log(weight x density) of the points.
void MatrixPasses::set_log_density(Mixture const& mixture, Eigen::Index j) {
  Eigen::Index const d = points_.rows();
  auto log_density = responsibilities_.row(j);
  if (!(mixture.weights[j] > 0)) {
    log_density.setConstant(-std::numeric_limits<double>::infinity());
    return;
  }
  whiten(points_, mixture, j, whitened_);
  double constant =
      portable_log(mixture.weights[j]) - 0.5 * as_real(d) * portable_log(2 * std::numbers::pi);
  for (Eigen::Index c = 0; c < d; ++c) constant -= portable_log(mixture.factor(j)(c, c));
  log_density.setZero();
  for (Eigen::Index c = 0; c < d; ++c) log_density.array() += whitened_.row(c).array().square();
  log_density = constant - 0.5 * log_density.array();
}

/// Turns log densities into responsibilities and sums them. Returns the mean log-likelihood.
double MatrixPasses::normalize() {
  Eigen::Index const n = responsibilities_.cols(), k = responsibilities_.rows();
  mass_.setZero(k);
  double log_likelihood = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    double largest = responsibilities_(0, i);
    for (Eigen::Index j = 1; j < k; ++j) largest = std::max(largest, responsibilities_(j, i));
    double sum = 0;
    for (Eigen::Index j = 0; j < k; ++j)
      sum += responsibilities_(j, i) = portable_exp(responsibilities_(j, i) - largest);
    for (Eigen::Index j = 0; j < k; ++j) mass_[j] += responsibilities_(j, i) /= sum;
    log_likelihood += largest + portable_log(sum);
  }
  return log_likelihood / as_real(n);
}

void MatrixPasses::moments(Eigen::Index j, double* mean, RowMatrix& scatter) {
  leave_if_interrupted();
  auto const responsibility = responsibilities_.row(j);
  for (Eigen::Index c = 0; c < points_.rows(); ++c) {
    scaled_.row(c) = points_.row(c).cwiseProduct(responsibility);
    mean[c] = scaled_.row(c).sum() / mass_[j];
    whitened_.row(c) = points_.row(c).array() - mean[c];
    scaled_.row(c) = whitened_.row(c).cwiseProduct(responsibility);
  }
  scatter.noalias() = scaled_ * whitened_.transpose();
}

std::vector<int> MatrixPasses::labels() const {
  std::vector<int> labels(responsibilities_.cols());
  for (Eigen::Index i = 0; i < responsibilities_.cols(); ++i) {
    int best = 0;
    for (int j = 1; j < responsibilities_.rows(); ++j)
      if (responsibilities_(j, i) > responsibilities_(best, i)) best = j;
    labels[i] = best;
  }
  return labels;
}

}  // namespace tvem
