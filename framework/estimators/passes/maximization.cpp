#include "framework/estimators/passes/maximization.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>

#include "framework/core/error.hpp"
#include "framework/core/interruption.hpp"
#include "framework/estimators/passes/ratio_constraint.hpp"

namespace tvem {
namespace {

/// A component whose responsibilities sum to less has no mean of its own.
constexpr double dead_mass = 1e-10;

/// Whether all eigenvalues of a symmetric matrix are above `floor`.
bool is_above(RowMatrix matrix, double floor) {
  matrix.diagonal().array() -= floor;
  return factorize(matrix);
}

/// The lower factor of a covariance whose eigenvalues are raised to the floor where they are below:
/// the maximiser of the expected log-likelihood under that bound.
RowMatrix floored_factor(RowMatrix covariance, double floor) {
  if (!is_above(covariance, floor) && covariance.allFinite()) {
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(covariance);
    covariance = solver.eigenvectors() * solver.eigenvalues().cwiseMax(floor).asDiagonal() *
                 solver.eigenvectors().transpose();
  }
  // Rounding may leave no factor: of values that are not finite, or with a floor far below the
  // largest eigenvalue. Then the caller gets values that are not finite.
  if (!factorize(covariance)) covariance.setConstant(std::numeric_limits<double>::quiet_NaN());
  return covariance;
}

RowMatrix diagonal_factor(RowMatrix const& covariance, double floor) {
  RowMatrix factor = RowMatrix::Zero(covariance.rows(), covariance.cols());
  for (Eigen::Index c = 0; c < covariance.cols(); ++c)
    factor(c, c) = std::sqrt(std::fmax(covariance(c, c), floor));
  return factor;
}

/// The weight of a component that has `mass` of n points.
double weight_of(double mass, double n, Knowledge const& known, Mixture const& mixture) {
  return known.has_equal_weights ? 1.0 / mixture.components() : mass / n;
}

/// Moves mean j from the mean of its points to that of the largest posterior density, and `scatter`
/// with it.
void shrink_mean(double mass, Knowledge const& known, Eigen::Index j, Mixture& mixture,
                 RowMatrix& scatter) {
  Eigen::MatrixXd const covariance = covariance_of(mixture, j);
  Eigen::MatrixXd precision = covariance / known.means_prior_variance;
  precision.diagonal().array() += mass;
  Eigen::VectorXd const mean = mixture.means.row(j);
  // The mean loses (S / s^2 + mass I)^-1 S / s^2 mean.
  Eigen::VectorXd const shift =
      precision.llt().solve(covariance * mean / known.means_prior_variance);
  mixture.means.row(j) -= shift.transpose();
  scatter += mass * shift * shift.transpose();
}

/// The largest variance over the smallest, between components and directions, where components have
/// their own.
double variance_ratio(Mixture const& mixture, CovarianceKind covariance) {
  if (!has_own_covariances(covariance)) return 1;
  if (mixture.is_isotropic()) return mixture.variances.maxCoeff() / mixture.variances.minCoeff();
  double smallest = std::numeric_limits<double>::infinity(), largest = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    leave_if_interrupted();
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(covariance_of(mixture, j),
                                                                Eigen::EigenvaluesOnly);
    smallest = std::fmin(smallest, solver.eigenvalues().minCoeff());
    largest = std::fmax(largest, solver.eigenvalues().maxCoeff());
  }
  return largest / smallest;
}

/// Mean variance of a coordinate of component j.
double variance_of(Mixture const& mixture, Eigen::Index j) {
  return mixture.is_isotropic() ? mixture.variances[j]
                                : mixture.factor(j).squaredNorm() / mixture.dim();
}

/// Gives component j this variance in all directions, unless all components share one matrix.
void set_variance(double variance, MaximizationRule const& rule, Eigen::Index j, Mixture& mixture) {
  Eigen::Index const d = mixture.dim();
  if (mixture.is_isotropic())
    mixture.variances[j] = variance;
  else if (rule.covariance != CovarianceKind::tied)
    mixture.factor(j) = std::sqrt(variance) * RowMatrix::Identity(d, d);
}

/// Moves mean j from the mean of its points to that of the largest posterior density. Returns what
/// that adds to the sum of squares about the mean.
double shrink_mean(double mass, Knowledge const& known, Eigen::Index j, Mixture& mixture) {
  double const shrink = mass / (mass + mixture.variances[j] / known.means_prior_variance);
  double const square = mass * (1 - shrink) * (1 - shrink) * mixture.means.row(j).squaredNorm();
  mixture.means.row(j) *= shrink;
  return square;
}

/// Bounds the ratio of the variances of the components that have points.
template <class Passes>
void constrain_variances(Passes const& passes, MaximizationRule const& rule, Mixture& mixture) {
  auto const is_living = [&](Eigen::Index j) { return passes.mass(j) >= dead_mass; };
  std::vector<WeighedVariance> variances;
  for (Eigen::Index j = 0; j < mixture.components(); ++j)
    if (is_living(j)) variances.push_back({mixture.variances[j], passes.mass(j)});
  constrain_ratio(rule.ratio, rule.floor, variances);
  auto next = variances.begin();
  for (Eigen::Index j = 0; j < mixture.components(); ++j)
    if (is_living(j)) mixture.variances[j] = (next++)->variance;
}

/// A component's covariance by its axes (columns) and its variances along them.
struct Axes {
  Eigen::Index component;
  Eigen::MatrixXd directions;
  Eigen::VectorXd variances;
  double mass;
};

Axes axes_of(RowMatrix const& covariance, CovarianceKind kind, Eigen::Index j, double mass) {
  Eigen::Index const d = covariance.rows();
  if (kind == CovarianceKind::diagonal || !covariance.allFinite())
    return {j, Eigen::MatrixXd::Identity(d, d), covariance.diagonal(), mass};
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(covariance);
  return {j, solver.eigenvectors(), solver.eigenvalues(), mass};
}

/// The factors of covariances whose variances have a bounded ratio.
void set_constrained_factors(std::vector<Axes> const& axes, MaximizationRule const& rule,
                             Mixture& mixture) {
  std::vector<WeighedVariance> variances;
  for (Axes const& of_component : axes)
    for (double const variance : of_component.variances)
      variances.push_back({variance, of_component.mass});
  constrain_ratio(rule.ratio, rule.floor, variances);
  auto next = variances.begin();
  for (auto const& [j, directions, values, mass] : axes) {
    Eigen::VectorXd bounded(values.size());
    for (double& value : bounded) value = (next++)->variance;
    RowMatrix const covariance = directions * bounded.asDiagonal() * directions.transpose();
    mixture.factor(j) = floored_factor(covariance, 0);
  }
}

/// The factor of a covariance of its own, from the scatter of points of this mass.
RowMatrix own_factor(RowMatrix const& scatter, double mass, MaximizationRule const& rule) {
  return rule.covariance == CovarianceKind::diagonal ? diagonal_factor(scatter / mass, rule.floor)
                                                     : floored_factor(scatter / mass, rule.floor);
}

/// The M-step of components with variances, from the E-step of these passes.
template <class Passes>
void maximize_variances(Passes const& passes, MaximizationRule const& rule, Mixture& mixture) {
  double const d = mixture.dim(), n = passes.total_mass();
  bool const is_spherical = rule.covariance == CovarianceKind::spherical;
  bool const is_constrained = is_spherical && rule.ratio > 0 && !rule.known.has_covariances();
  double total_square_sum = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    double const mass = passes.mass(j);
    if (mass < dead_mass) {
      mixture.weights[j] = 0;
      total_square_sum += passes.square_sum(j);
      continue;
    }
    mixture.weights[j] = weight_of(mass, n, rule.known, mixture);
    double square_sum = passes.weighted_mean(j, mixture.means.row(j).data());
    if (rule.known.has_means_prior())
      square_sum += shrink_mean(passes.mean_mass(j), rule.known, j, mixture);
    if (is_spherical && !rule.known.has_covariances())
      mixture.variances[j] = std::fmax(square_sum / (mass * d), is_constrained ? 0 : rule.floor);
    total_square_sum += square_sum;
  }
  if (is_constrained) constrain_variances(passes, rule, mixture);
  if (!is_spherical && !rule.known.has_covariances())
    mixture.variances.setConstant(std::fmax(total_square_sum / (n * d), rule.floor));
}

/// The M-step of components with matrices.
template <class Passes>
void maximize_factors(Passes& passes, MaximizationRule const& rule, Mixture& mixture) {
  double const n = passes.total_mass();
  Eigen::Index const d = mixture.dim(), k = mixture.components();
  RowMatrix scatter(d, d), total = RowMatrix::Zero(d, d);
  double living_mass = 0;
  std::vector<Axes> axes;
  for (Eigen::Index j = 0; j < k; ++j) {
    double const mass = passes.mass(j);
    if (mass < dead_mass) {
      mixture.weights[j] = 0;
      continue;
    }
    mixture.weights[j] = weight_of(mass, n, rule.known, mixture);
    living_mass += mass;
    passes.moments(j, mixture.means.row(j).data(), scatter);
    if (rule.known.has_means_prior())
      shrink_mean(passes.mean_mass(j), rule.known, j, mixture, scatter);
    if (rule.known.has_covariances()) continue;
    if (rule.covariance == CovarianceKind::tied)
      total += scatter;
    else if (rule.ratio > 0)
      axes.push_back(axes_of(scatter / mass, rule.covariance, j, mass));
    else
      mixture.factor(j) = own_factor(scatter, mass, rule);
  }
  if (!axes.empty()) set_constrained_factors(axes, rule, mixture);
  if (rule.covariance == CovarianceKind::tied && !rule.known.has_covariances()) {
    RowMatrix const factor = floored_factor(total / living_mass, rule.floor);
    for (Eigen::Index j = 0; j < k; ++j) mixture.factor(j) = factor;
  }
}

}  // namespace

template <class T>
double maximize(PointPasses<T>& passes, MaximizationRule const& rule, Mixture& mixture) {
  double const log_likelihood = passes.expectation(mixture);
  maximize_variances(passes, rule, mixture);
  return log_likelihood;
}
template double maximize(PointPasses<float>&, MaximizationRule const&, Mixture&);
template double maximize(PointPasses<double>&, MaximizationRule const&, Mixture&);

double maximize(MatrixPasses& passes, MaximizationRule const& rule, Mixture& mixture) {
  double const log_likelihood = passes.expectation(mixture);
  maximize_factors(passes, rule, mixture);
  return log_likelihood;
}

double maximize(RobustPasses& passes, MaximizationRule const& rule, Mixture& mixture) {
  double const log_likelihood = passes.expectation(mixture);
  multiply_covariances(scale_share(mixture), mixture);
  if (has_matrices(rule.covariance))
    maximize_factors(passes, rule, mixture);
  else
    maximize_variances(passes, rule, mixture);
  mixture.degrees = passes.degrees();
  multiply_covariances(1 / scale_share(mixture), mixture);
  if (rule.known.has_covariances()) {  // exactly, not to the rounding of the two factors
    mixture.variances = rule.known.variances;
    mixture.factors = rule.known.factors;
  }
  return log_likelihood;
}

double log_prior(Knowledge const& known, Mixture const& mixture, int n_points) {
  if (!known.has_means_prior()) return 0;
  return -0.5 * mixture.means.squaredNorm() / known.means_prior_variance / n_points;
}

int revive_dead(RowMatrix const& points, MaximizationRule const& rule, Mixture& mixture,
                std::vector<bool> const& is_taken) {
  auto const is_dead = [&](Eigen::Index j) { return mixture.weights[j] == 0; };
  int n_dead = 0;
  double variance_sum = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j)
    if (is_dead(j))
      ++n_dead;
    else
      variance_sum += variance_of(mixture, j);
  int const n_living = mixture.components() - n_dead;
  if (n_dead == 0 || n_living == 0) return n_dead;
  Eigen::VectorXd log_density = log_sum_exp_rows(weighted_log_densities(mixture, points));
  for (std::size_t i = 0; i < is_taken.size(); ++i)
    if (is_taken[i]) log_density[i] = std::numeric_limits<double>::infinity();
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    if (!is_dead(j)) continue;
    auto const worst = std::min_element(log_density.begin(), log_density.end());
    // The point counts as taken, since components that start from one point stay equal for ever.
    *worst = std::numeric_limits<double>::infinity();
    mixture.weights[j] = 1.0 / as_real(points.rows());
    mixture.means.row(j) = points.row(worst - log_density.begin());
    if (!rule.known.has_covariances()) set_variance(variance_sum / n_living, rule, j, mixture);
  }
  double total = 0;
  for (double const value : mixture.weights) total += value;
  for (double& value : mixture.weights)
    value = rule.known.has_equal_weights ? 1.0 / mixture.components() : value / total;
  return n_dead;
}

Mixture conformed(Mixture mixture, MaximizationRule const& rule) {
  int const k = mixture.components();
  if (has_matrices(rule.covariance)) return with_factors(std::move(mixture));
  Eigen::VectorXd variances(k);
  for (Eigen::Index j = 0; j < k; ++j) variances[j] = variance_of(mixture, j);
  bool const are_equal = (variances.array() == variances[0]).all();
  if (rule.covariance == CovarianceKind::shared && !are_equal)
    variances.setConstant(variances.sum() / k);
  mixture.variances = variances;
  mixture.factors.resize(0, 0);
  return mixture;
}

bool is_at_floor(Mixture const& mixture, double floor) {
  double const limit = floor * (1 + 1e-9) / scale_share(mixture);
  if (mixture.is_isotropic()) return (mixture.variances.array() <= limit).any();
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    leave_if_interrupted();
    RowMatrix const covariance = covariance_of(mixture, j);
    // An eigenvalue raised to the floor differs from it by the rounding of the largest one.
    double const rounding = 64 * std::numeric_limits<double>::epsilon() * covariance.trace();
    if (!is_above(covariance, limit + rounding)) return true;
  }
  return false;
}

void judge_covariances(MaximizationRule const& rule, double ratio_limit, Fit& fit) {
  if (rule.known.has_covariances()) return;
  fit.n_collapsed = is_at_floor(fit.mixture, rule.floor);
  fit.is_beyond_ratio_limit = ratio_limit > 0 && rule.ratio == 0 &&
                              variance_ratio(fit.mixture, rule.covariance) > ratio_limit;
}

}  // namespace tvem
