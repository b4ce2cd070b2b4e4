#include "framework/estimators/passes/scaling.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace tvem {
namespace {

/// Float can add many squares of numbers up to 2 to this power.
constexpr int ordinary_exponent = 40;

void multiply_by_power(int exponent, Eigen::Ref<RowMatrix> values) {
  for (double& value : values.reshaped()) value = std::ldexp(value, exponent);
}
void multiply_by_power(int exponent, Eigen::VectorXd& values) {
  for (double& value : values) value = std::ldexp(value, exponent);
}

/// The exponent of the smallest power of two above all values; 0 where there is none.
int exponent_of(RowMatrix const& values) {
  int exponent = 0;
  double const largest = values.cwiseAbs().maxCoeff();
  if (std::isfinite(largest)) std::frexp(largest, &exponent);
  return exponent;
}

/// Multiplies lengths of a mixture by 2^exponent.
void stretch(int exponent, Mixture& mixture) {
  multiply_by_power(exponent, mixture.means);
  multiply_by_power(2 * exponent, mixture.variances);
  multiply_by_power(exponent, mixture.factors);
}

}  // namespace

RowMatrix Scaling::from_points(RowMatrix const& points) const {
  RowMatrix result = points;
  if (origin.size() > 0) result.rowwise() -= origin.transpose();
  multiply_by_power(-exponent, result);
  return result;
}

Mixture Scaling::from_points(Mixture mixture) const {
  if (origin.size() > 0 && mixture.components() > 0) mixture.means.rowwise() -= origin.transpose();
  stretch(-exponent, mixture);
  return mixture;
}

Knowledge Scaling::from_points(Knowledge known) const {
  multiply_by_power(-2 * exponent, known.variances);
  multiply_by_power(-exponent, known.factors);
  known.means_prior_variance = std::ldexp(known.means_prior_variance, -2 * exponent);
  if (known.oracle) known.oracle = from_points(*known.oracle);
  return known;
}

Mixture Scaling::to_points(Mixture mixture) const {
  stretch(exponent, mixture);
  if (origin.size() > 0 && mixture.components() > 0) mixture.means.rowwise() += origin.transpose();
  return mixture;
}

Fit Scaling::to_points(Fit fit) const {
  double const d = fit.mixture.dim(), log_volume = d * exponent * std::numbers::ln2;
  fit.log_likelihood -= log_volume;
  for (TracePoint& point : fit.trace) point.log_likelihood -= log_volume;
  fit.mixture = to_points(std::move(fit.mixture));
  return fit;
}

Scaling ordinary_scaling(RowMatrix const& points) {
  Scaling scaling;
  for (Eigen::Index c = 0; c < points.cols() && points.rows() > 1; ++c) {
    if (points(0, c) == 0 || !is_constant(points, c)) continue;
    if (scaling.origin.size() == 0) scaling.origin.setZero(points.cols());
    scaling.origin[c] = points(0, c);
  }
  int const exponent = exponent_of(scaling.from_points(points));
  if (std::abs(exponent) > ordinary_exponent) scaling.exponent = exponent;
  return scaling;
}

Scaling centred_scaling(RowMatrix const& points) {
  // Moved to the first point, so that equal coordinates leave no rounding.
  RowMatrix const moved = points.rowwise() - points.row(0);
  Scaling scaling;
  scaling.origin = points.row(0) + moved.colwise().sum() / as_real(points.rows());
  scaling.exponent = exponent_of(points.rowwise() - scaling.origin.transpose());
  return scaling;
}

bool is_constant(RowMatrix const& points, Eigen::Index coordinate) {
  double const first = points(0, coordinate);
  double const rounding = 4 * std::numeric_limits<double>::epsilon() * std::fabs(first);
  for (Eigen::Index i = 1; i < points.rows(); ++i)
    if (!(std::fabs(points(i, coordinate) - first) <= rounding)) return false;
  return true;
}

}  // namespace tvem
