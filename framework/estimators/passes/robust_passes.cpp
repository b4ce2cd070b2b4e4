#include "framework/estimators/passes/robust_passes.hpp"

#include <cmath>
#include <limits>

#include "framework/core/interruption.hpp"
#include "framework/core/math.hpp"

namespace tvem {
namespace {

constexpr double first_background = 0.05;
/// Of estimated degrees. Below 2 there is no covariance; above 200 t is normal for all purposes.
constexpr double first_degrees = 10, least_degrees = 2.1, most_degrees = 200;

/// The logarithm of the volume of the smallest box with all points. Infinite without a volume, so
/// that there is no background then.
double log_volume_of(RowMatrix const& points) {
  double sum = 0;
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    double const length = points.col(c).maxCoeff() - points.col(c).minCoeff();
    if (!(length > 0)) return std::numeric_limits<double>::infinity();
    sum += portable_log(length);
  }
  return sum;
}

double log_surplus(double x) { return portable_log(x) - portable_digamma(x); }

}  // namespace

RobustPasses::RobustPasses(RowMatrix const& points, EmSettings const& settings)
    : points_(points), settings_(settings), log_volume_(log_volume_of(points)) {}

void RobustPasses::begin(Mixture& mixture) {
  background_ = settings_.outliers ? first_background : 0;
  mixture.noise = is_student() ? NoiseKind::student : NoiseKind::gaussian;
  mixture.degrees = !is_student() ? 0 : settings_.degrees > 0 ? settings_.degrees : first_degrees;
}

double RobustPasses::expectation(Mixture const& mixture) {
  Eigen::Index const n = points_.rows(), k = mixture.components();
  RowMatrix const log_density = weighted_log_densities(mixture, points_);
  means_ = mixture.means;
  responsibilities_.resize(n, k);
  labels_.resize(n);
  is_background_.resize(n);
  double log_likelihood = 0;
  background_mass_ = 0;
  for (Eigen::Index i = 0; i < n; ++i) log_likelihood += share_out(i, log_density.row(i).data());
  weigh_points(mixture, log_density);
  mass_.assign(k, 0);
  mean_mass_.assign(k, 0);
  total_mass_ = 0;
  for (Eigen::Index j = 0; j < k; ++j) {
    for (Eigen::Index i = 0; i < n; ++i) {
      mass_[j] += responsibilities_(i, j);
      mean_mass_[j] += weights_(i, j);
    }
    total_mass_ += mass_[j];
  }
  background_ = background_mass_ / as_real(n);
  return log_likelihood / as_real(n);
}

double RobustPasses::share_out(Eigen::Index i, double const* log_density) {
  Eigen::Index const k = responsibilities_.cols();
  int best = 0;
  for (int j = 1; j < k; ++j)
    if (log_density[j] > log_density[best]) best = j;
  labels_[i] = best;
  double const log_background = background_ > 0 ? portable_log(background_) - log_volume_
                                                : -std::numeric_limits<double>::infinity();
  double const log_components = portable_log1p(-background_);
  double const largest = std::fmax(log_components + log_density[best], log_background);
  double const background = portable_exp(log_background - largest);
  double sum = background;
  for (Eigen::Index j = 0; j < k; ++j)
    sum += responsibilities_(i, j) = portable_exp(log_components + log_density[j] - largest);
  for (Eigen::Index j = 0; j < k; ++j) responsibilities_(i, j) /= sum;
  background_mass_ += background / sum;
  is_background_[i] = background > 0.5 * sum;
  return largest + portable_log(sum);
}

void RobustPasses::weigh_points(Mixture const& mixture, RowMatrix const& log_density) {
  weights_ = responsibilities_;
  if (!is_student()) return;
  double const nu = mixture.degrees, d = mixture.dim();
  // log(1 + distance / nu) is what the log density has lost since the mean, in units of (nu + d)
  // / 2.
  RowMatrix const at_means = weighted_log_densities(mixture, mixture.means);
  double sum = 0, mass = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j)
    for (Eigen::Index i = 0; i < points_.rows(); ++i) {
      double const r = responsibilities_(i, j);
      if (!(r > 0)) continue;
      double const log_weight =
          portable_log1p(d / nu) + 2 * (log_density(i, j) - at_means(j, j)) / (nu + d);
      double const weight = portable_exp(log_weight);
      weights_(i, j) = r * weight;
      sum += r * (weight - log_weight);
      mass += r;
    }
  degrees_surplus_ = sum / mass - 1 + log_surplus(0.5 * (nu + d));
}

double RobustPasses::degrees() const {
  if (!is_student() || settings_.degrees > 0) return settings_.degrees;
  double low = least_degrees, high = most_degrees;
  // The surplus falls with the degrees.
  if (!(log_surplus(0.5 * low) > degrees_surplus_)) return low;
  if (!(log_surplus(0.5 * high) < degrees_surplus_)) return high;
  while (true) {
    double const middle = 0.5 * (low + high);
    if (!(middle > low) || !(middle < high)) return middle;
    (log_surplus(0.5 * middle) > degrees_surplus_ ? low : high) = middle;
  }
}

double RobustPasses::square_sum_about(Eigen::Index j, double const* mean) const {
  Eigen::Index const d = points_.cols();
  double sum = 0;
  for (Eigen::Index i = 0; i < points_.rows(); ++i)
    sum += weights_(i, j) * squared_distance(points_.row(i).data(), mean, d);
  return sum;
}

double RobustPasses::square_sum(Eigen::Index j) const {
  return square_sum_about(j, means_.row(j).data());
}

double RobustPasses::weighted_mean(Eigen::Index j, double* mean) const {
  for (Eigen::Index c = 0; c < points_.cols(); ++c) {
    double sum = 0;
    for (Eigen::Index i = 0; i < points_.rows(); ++i) sum += weights_(i, j) * points_(i, c);
    mean[c] = sum / mean_mass_[j];
  }
  return square_sum_about(j, mean);
}

void RobustPasses::moments(Eigen::Index j, double* mean, RowMatrix& scatter) const {
  weighted_mean(j, mean);
  leave_if_interrupted();
  for (Eigen::Index a = 0; a < points_.cols(); ++a)
    for (Eigen::Index b = 0; b <= a; ++b) {
      double sum = 0;
      for (Eigen::Index i = 0; i < points_.rows(); ++i)
        sum += weights_(i, j) * (points_(i, a) - mean[a]) * (points_(i, b) - mean[b]);
      scatter(a, b) = scatter(b, a) = sum;
    }
}

double scale_share(Mixture const& mixture) {
  return mixture.noise == NoiseKind::student ? (mixture.degrees - 2) / mixture.degrees : 1;
}

void multiply_covariances(double factor, Mixture& mixture) {
  mixture.variances *= factor;
  mixture.factors *= std::sqrt(factor);
}

}  // namespace tvem
