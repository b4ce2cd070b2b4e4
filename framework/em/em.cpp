#include "tvem/em/em.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tvem/core/error.hpp"
#include "tvem/em/maximization.hpp"

namespace tvem {
namespace {

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

/// The same mixture with factors in place of variances.
void use_matrices(Mixture& mixture) {
  if (!mixture.is_isotropic()) return;
  Eigen::Index const k = mixture.components(), d = mixture.dim();
  mixture.factors.resize(k * d, d);
  for (Eigen::Index j = 0; j < k; ++j)
    mixture.factor(j) = std::sqrt(mixture.variances[j]) * RowMatrix::Identity(d, d);
  mixture.variances.resize(0);
}

/// EM in the precision of `passes`; labels and likelihood are those in double, by `verdict`.
template <class Passes, class Verdict>
Fit iterate(RowMatrix const& points, Passes& passes, Verdict& verdict, Mixture mixture,
            double floor, EmSettings const& settings) {
  Fit fit;
  double previous = -std::numeric_limits<double>::infinity();
  bool has_converged = false;
  while (fit.iterations < settings.max_iterations && !has_converged) {
    double const log_likelihood = maximize(passes, settings.covariance, floor, mixture);
    ++fit.iterations;
    int const n_dead = revive_dead(points, settings.covariance, mixture);
    fit.n_dead += n_dead;
    has_converged = n_dead == 0 && log_likelihood - previous < settings.tolerance;
    previous = log_likelihood;
  }
  fit.total_iterations = fit.iterations;
  fit.log_likelihood = fit.objective = verdict.expectation(mixture);
  fit.n_collapsed = is_at_floor(mixture, floor);
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
  if (has_matrices(covariance)) {
    use_matrices(mixture);
    MatrixPasses passes(points);
    return maximize(passes, covariance, variance_floor, mixture);
  }
  PointPasses<double> passes(points, instruction_set);
  return maximize(passes, covariance, variance_floor, mixture);
}

Fit em_from(RowMatrix const& points, Mixture start, EmSettings const& settings,
            InstructionSet instruction_set) {
  double const floor = absolute_floor(points, settings);
  if (has_matrices(settings.covariance)) {
    use_matrices(start);
    MatrixPasses passes(points);
    return iterate(points, passes, passes, std::move(start), floor, settings);
  }
  return with_passes(points, settings.precision, instruction_set, [&](auto& passes, auto& verdict) {
    return iterate(points, passes, verdict, std::move(start), floor, settings);
  });
}

Fit em(RowMatrix const& points, int k, EmSettings const& settings, InstructionSet instruction_set,
       Restarts const& restarts) {
  double const floor = absolute_floor(points, settings);
  auto const start = [&](auto& passes, RandomStream& random) {
    return starting_mixture(passes, start_means(settings.start, points, k, random), floor);
  };
  if (has_matrices(settings.covariance)) {
    PointPasses<double> nearest(points, instruction_set);
    MatrixPasses passes(points);
    return best_of_restarts(restarts, [&](RandomStream& random) {
      Mixture mixture = start(nearest, random);
      use_matrices(mixture);
      return iterate(points, passes, passes, std::move(mixture), floor, settings);
    });
  }
  return with_passes(points, settings.precision, instruction_set, [&](auto& passes, auto& verdict) {
    return best_of_restarts(restarts, [&](RandomStream& random) {
      return iterate(points, passes, verdict, start(passes, random), floor, settings);
    });
  });
}

}  // namespace tvem
