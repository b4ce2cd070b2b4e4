#include "framework/tasks/mixture.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/core/error.hpp"
#include "framework/core/interruption.hpp"
#include "framework/core/math.hpp"

namespace tvem {

// Plain loops in a fixed order: library reductions may group terms by alignment, and a task's
// results must be the same bits wherever it is computed.

namespace {

/// The log density of noise e with mean 0 and covariance I, as constant + profile(e).
class Noise {
 public:
  explicit Noise(Mixture const& mixture) : kind_(mixture.noise), degrees_(mixture.degrees) {
    double const d = mixture.dim();
    switch (kind_) {
      case NoiseKind::gaussian:
        constant_ = -0.5 * d * portable_log(2 * std::numbers::pi);
        break;
      case NoiseKind::laplace:
        constant_ = -0.5 * d * portable_log(2);
        break;
      case NoiseKind::student:
        constant_ = portable_log_gamma(0.5 * (degrees_ + d)) - portable_log_gamma(0.5 * degrees_) -
                    0.5 * d * portable_log(std::numbers::pi * (degrees_ - 2));
        break;
    }
  }
  double constant() const { return constant_; }
  /// The profile of scale * e.
  double profile(double const* e, Eigen::Index d, double scale) const {
    if (kind_ == NoiseKind::laplace) {
      double sum = 0;
      for (Eigen::Index c = 0; c < d; ++c) sum += std::fabs(e[c]);
      return -std::numbers::sqrt2 * scale * sum;
    }
    double square = 0;
    for (Eigen::Index c = 0; c < d; ++c) square += e[c] * e[c];
    square *= scale * scale;
    if (kind_ == NoiseKind::gaussian) return -0.5 * square;
    return -0.5 * (degrees_ + as_real(d)) * portable_log(1 + square / (degrees_ - 2));
  }

 private:
  NoiseKind kind_;
  double degrees_;
  double constant_ = 0;
};

/// residual = F^-1 residual for a lower triangular F.
void whiten(Eigen::Ref<RowMatrix const> factor, double* residual) {
  for (Eigen::Index c = 0; c < factor.cols(); ++c) {
    double value = residual[c];
    for (Eigen::Index b = 0; b < c; ++b) value -= factor(c, b) * residual[b];
    residual[c] = value / factor(c, c);
  }
}

double log_weight(Mixture const& mixture, Eigen::Index j) {
  return mixture.weights[j] > 0 ? portable_log(mixture.weights[j])
                                : -std::numeric_limits<double>::infinity();
}

double log_determinant_of_factor(Mixture const& mixture, Eigen::Index j) {
  if (mixture.is_isotropic()) return 0.5 * mixture.dim() * portable_log(mixture.variances[j]);
  double sum = 0;
  for (Eigen::Index c = 0; c < mixture.dim(); ++c) sum += portable_log(mixture.factor(j)(c, c));
  return sum;
}

}  // namespace

double column_mean(RowMatrix const& points, Eigen::Index coordinate) {
  double mean = 0;
  for (Eigen::Index i = 0; i < points.rows(); ++i) mean += points(i, coordinate);
  return mean / as_real(points.rows());
}

Mixture with_factors(Mixture mixture) {
  if (!mixture.is_isotropic()) return mixture;
  Eigen::Index const k = mixture.components(), d = mixture.dim();
  mixture.factors.resize(k * d, d);
  for (Eigen::Index j = 0; j < k; ++j)
    mixture.factor(j) = std::sqrt(mixture.variances[j]) * RowMatrix::Identity(d, d);
  mixture.variances.resize(0);
  return mixture;
}

RowMatrix covariance_of(Mixture const& mixture, Eigen::Index j) {
  Eigen::Index const d = mixture.dim();
  if (mixture.is_isotropic()) return mixture.variances[j] * RowMatrix::Identity(d, d);
  RowMatrix covariance = RowMatrix::Zero(d, d);
  for (Eigen::Index a = 0; a < d; ++a)
    for (Eigen::Index b = 0; b <= a; ++b) {
      for (Eigen::Index c = 0; c <= b; ++c)
        covariance(a, b) += mixture.factor(j)(a, c) * mixture.factor(j)(b, c);
      covariance(b, a) = covariance(a, b);
    }
  return covariance;
}

bool factorize(Eigen::Ref<RowMatrix> matrix) {
  for (Eigen::Index c = 0; c < matrix.cols(); ++c) {
    for (Eigen::Index r = c; r < matrix.rows(); ++r)
      for (Eigen::Index b = 0; b < c; ++b) matrix(r, c) -= matrix(r, b) * matrix(c, b);
    if (!(matrix(c, c) > 0) || !std::isfinite(matrix(c, c))) return false;
    double const diagonal = std::sqrt(matrix(c, c));
    matrix(c, c) = diagonal;
    for (Eigen::Index r = c + 1; r < matrix.rows(); ++r) {
      matrix(r, c) /= diagonal;
      matrix(c, r) = 0;
    }
  }
  return true;
}

RowMatrix weighted_log_densities(Mixture const& mixture, RowMatrix const& points) {
  TVEM_CHECK(points.cols() == mixture.means.cols(), "points and means differ in dimension");
  Eigen::Index const n = points.rows(), d = points.cols(), k = mixture.means.rows();
  Noise const noise(mixture);
  RowMatrix log_density(n, k);
  Eigen::VectorXd residual(d);
  for (Eigen::Index j = 0; j < k; ++j) {
    leave_if_interrupted();
    double const constant =
        log_weight(mixture, j) + noise.constant() - log_determinant_of_factor(mixture, j);
    double const scale = mixture.is_isotropic() ? 1 / std::sqrt(mixture.variances[j]) : 1;
    double const* const mu = mixture.means.data() + j * d;
    for (Eigen::Index i = 0; i < n; ++i) {
      double const* const x = points.data() + i * d;
      for (Eigen::Index c = 0; c < d; ++c) residual[c] = x[c] - mu[c];
      if (!mixture.is_isotropic()) whiten(mixture.factor(j), residual.data());
      log_density(i, j) = constant + noise.profile(residual.data(), d, scale);
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

RowMatrix component_probabilities(Mixture const& mixture, RowMatrix const& points) {
  RowMatrix values = weighted_log_densities(mixture, points);
  Eigen::VectorXd const log_density = log_sum_exp_rows(values);
  for (Eigen::Index i = 0; i < values.rows(); ++i)
    for (Eigen::Index j = 0; j < values.cols(); ++j)
      values(i, j) = portable_exp(values(i, j) - log_density[i]);
  return values;
}

std::vector<int> map_labels(Mixture const& mixture, RowMatrix const& points) {
  RowMatrix const log_density = weighted_log_densities(mixture, points);
  std::vector<int> labels(points.rows());
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    int best = 0;
    for (int j = 1; j < log_density.cols(); ++j)
      if (log_density(i, j) > log_density(i, best)) best = j;
    labels[i] = best;
  }
  return labels;
}

double mean_log_likelihood(Mixture const& mixture, RowMatrix const& points) {
  Eigen::VectorXd const log_density = log_sum_exp_rows(weighted_log_densities(mixture, points));
  double sum = 0;
  for (double const value : log_density) sum += value;
  return sum / as_real(points.rows());
}

}  // namespace tvem
