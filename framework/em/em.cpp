#include "tvem/em/em.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tvem/core/error.hpp"
#include "tvem/em/point_passes.hpp"

namespace tvem {
namespace {

/// Responsibilities below this in sum leave a component without a mean of its own.
constexpr double dead_mass = 1e-10;

template <class T>
double step(PointPasses<T>& passes, CovarianceKind covariance, double floor, Mixture& mixture) {
  double const log_likelihood = passes.expectation(mixture);
  double const d = mixture.dim(), n = passes.n_points();
  double total_square_sum = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    double const mass = passes.mass(j);
    if (mass < dead_mass) {
      mixture.weights[j] = 0;
      total_square_sum += passes.square_sum(j);
      continue;
    }
    mixture.weights[j] = mass / n;
    double const square_sum = passes.weighted_mean(j, mixture.means.row(j).data());
    if (covariance == CovarianceKind::spherical)
      mixture.variances[j] = std::fmax(square_sum / (mass * d), floor);
    total_square_sum += square_sum;
  }
  if (covariance == CovarianceKind::shared)
    mixture.variances.setConstant(std::fmax(total_square_sum / (n * d), floor));
  return log_likelihood;
}

/// Puts each dead component on a point of its own, the one that the living explain worst, with the
/// weight of one point and the mean variance of the living. Returns how many there were.
int revive_dead(RowMatrix const& points, Mixture& mixture) {
  auto const is_dead = [&](Eigen::Index j) { return mixture.weights[j] == 0; };
  int n_dead = 0;
  double variance_sum = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j)
    if (is_dead(j))
      ++n_dead;
    else
      variance_sum += mixture.variances[j];
  int const n_living = mixture.components() - n_dead;
  if (n_dead == 0 || n_living == 0) return n_dead;
  Eigen::VectorXd log_density = log_sum_exp_rows(weighted_log_densities(mixture, points));
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    if (!is_dead(j)) continue;
    auto const worst = std::min_element(log_density.begin(), log_density.end());
    // Taken, since components that start from one point stay equal for ever.
    *worst = std::numeric_limits<double>::infinity();
    mixture.weights[j] = 1.0 / static_cast<double>(points.rows());
    mixture.means.row(j) = points.row(worst - log_density.begin());
    mixture.variances[j] = variance_sum / n_living;
  }
  double total = 0;
  for (double const value : mixture.weights) total += value;
  for (double& value : mixture.weights) value /= total;
  return n_dead;
}

bool is_at_floor(Mixture const& mixture, double floor) {
  for (double const variance : mixture.variances)
    if (variance <= floor * (1 + 1e-9)) return true;
  return false;
}

/// The variance floor in the units of the points; positive even when all points are equal.
double absolute_floor(RowMatrix const& points, EmSettings const& settings) {
  return std::fmax(settings.variance_floor * mean_variance(points),
                   std::numeric_limits<double>::min() * 1e10);
}

FitStatus status_of(Fit const& fit, bool has_converged) {
  if (!std::isfinite(fit.log_likelihood)) return FitStatus::failed;
  if (fit.n_collapsed > 0) return FitStatus::collapsed;
  if (fit.n_dead > 0) return FitStatus::dead_component;
  return has_converged ? FitStatus::converged : FitStatus::not_converged;
}

/// Equal weights, the start's means, and the within-cluster variance of the points nearest to them.
template <class T>
Mixture starting_mixture(PointPasses<T>& passes, RowMatrix means, double floor) {
  passes.nearest(means);
  Eigen::Index const k = means.rows();
  double const n_values =
      static_cast<double>(passes.n_points()) * static_cast<double>(means.cols());
  Mixture mixture;
  mixture.weights = Eigen::VectorXd::Constant(k, 1.0 / static_cast<double>(k));
  mixture.variances =
      Eigen::VectorXd::Constant(k, std::fmax(passes.nearest_square_sum() / n_values, floor));
  mixture.means = std::move(means);
  return mixture;
}

/// EM in the precision of `passes`; labels and likelihood are those in double, by `verdict`.
template <class T>
Fit iterate(RowMatrix const& points, PointPasses<T>& passes, PointPasses<double>& verdict,
            Mixture mixture, double floor, EmSettings const& settings) {
  Fit fit;
  double previous = -std::numeric_limits<double>::infinity();
  bool has_converged = false;
  while (fit.iterations < settings.max_iterations && !has_converged) {
    double const log_likelihood = step(passes, settings.covariance, floor, mixture);
    ++fit.iterations;
    int const n_dead = revive_dead(points, mixture);
    fit.n_dead += n_dead;
    has_converged = n_dead == 0 && log_likelihood - previous < settings.tolerance;
    previous = log_likelihood;
  }
  fit.total_iterations = fit.iterations;
  fit.n_collapsed = is_at_floor(mixture, floor);
  fit.log_likelihood = fit.objective = verdict.expectation(mixture);
  fit.labels = verdict.labels();
  fit.mixture = std::move(mixture);
  fit.status = status_of(fit, has_converged);
  return fit;
}

}  // namespace

double mean_variance(RowMatrix const& points) {
  Eigen::Index const n = points.rows(), d = points.cols();
  double square_sum = 0;
  for (Eigen::Index c = 0; c < d; ++c) {
    double mean = 0;
    for (Eigen::Index i = 0; i < n; ++i) mean += points(i, c);
    mean /= static_cast<double>(n);
    for (Eigen::Index i = 0; i < n; ++i)
      square_sum += (points(i, c) - mean) * (points(i, c) - mean);
  }
  return square_sum / (static_cast<double>(n) * static_cast<double>(d));
}

double em_step(RowMatrix const& points, CovarianceKind covariance, double variance_floor,
               InstructionSet instruction_set, Mixture& mixture) {
  PointPasses<double> passes(points, instruction_set);
  return step(passes, covariance, variance_floor, mixture);
}

Fit em_from(RowMatrix const& points, Mixture const& start, EmSettings const& settings,
            InstructionSet instruction_set) {
  double const floor = absolute_floor(points, settings);
  return with_passes(points, settings.precision, instruction_set, [&](auto& passes, auto& verdict) {
    return iterate(points, passes, verdict, start, floor, settings);
  });
}

Fit em(RowMatrix const& points, int k, EmSettings const& settings, InstructionSet instruction_set,
       Restarts const& restarts) {
  double const floor = absolute_floor(points, settings);
  return with_passes(points, settings.precision, instruction_set, [&](auto& passes, auto& verdict) {
    return best_of_restarts(restarts, [&](RandomStream& random) {
      RowMatrix means = start_means(settings.start, points, k, random);
      Mixture start = starting_mixture(passes, std::move(means), floor);
      return iterate(points, passes, verdict, std::move(start), floor, settings);
    });
  });
}

}  // namespace tvem
