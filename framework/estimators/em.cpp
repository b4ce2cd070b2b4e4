#include "framework/estimators/em.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/interruption.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

/// Passes with a background begin anew with each start, and say which points it explains.
void begin(RobustPasses& passes, Mixture& mixture) { passes.begin(mixture); }
template <class Passes>
void begin(Passes&, Mixture&) {}
std::vector<bool> background_points(RobustPasses const& passes) { return passes.is_background(); }
template <class Passes>
std::vector<bool> background_points(Passes const&) {
  return {};
}

/// Completes a fit that has its mixture and iterations.
template <class Verdict>
void judge(Verdict& verdict, MaximizationRule const& rule, EmSettings const& settings, Fit& fit) {
  fit.total_iterations = fit.iterations;
  fit.log_likelihood = verdict.expectation(fit.mixture);
  fit.objective = fit.log_likelihood + log_prior(rule.known, fit.mixture, verdict.n_points());
  fit.labels = verdict.labels();
  if (!std::isfinite(fit.log_likelihood)) {
    fit.log_likelihood = fit.objective = std::nan("");
    return;
  }
  judge_covariances(rule, settings.ratio_limit, fit);
  record(settings, fit.log_likelihood, fit, [&] { return fit.labels; });
}

/// EM until it converges, or up to a step without a finite result.
template <class Passes, class Verdict>
Fit iterate_finite(RowMatrix const& points, Passes& passes, Verdict& verdict, Mixture start,
                   MaximizationRule const& rule, EmSettings const& settings) {
  Mixture mixture = conformed(std::move(start), rule);
  begin(passes, mixture);
  Fit fit;
  double previous = -std::numeric_limits<double>::infinity();
  bool has_converged = false;
  while (fit.iterations < settings.max_iterations && !has_converged) {
    leave_if_interrupted();
    double const prior = log_prior(rule.known, mixture, passes.n_points());
    double const log_likelihood = maximize(passes, rule, mixture);
    if (!std::isfinite(log_likelihood)) break;
    record(settings, log_likelihood, fit, [&] { return passes.labels(); });
    ++fit.iterations;
    int const n_dead = revive_dead(points, rule, mixture, background_points(passes));
    fit.n_dead += n_dead;
    has_converged = n_dead == 0 && log_likelihood + prior - previous < settings.tolerance;
    previous = log_likelihood + prior;
  }
  fit.mixture = std::move(mixture);
  judge(verdict, rule, settings, fit);
  // The background is in the objective, and no part of the mixture.
  if (settings.outliers) fit.log_likelihood = mean_log_likelihood(fit.mixture, points);
  fit.status = status_of(fit, has_converged);
  return fit;
}

/// EM in the precision of `passes`; labels and likelihood are those in double, by `verdict`.
template <class Passes, class Verdict>
Fit iterate(RowMatrix const& points, Passes& passes, Verdict& verdict, Mixture const& start,
            MaximizationRule const& rule, EmSettings const& settings) {
  Fit fit = iterate_finite(points, passes, verdict, start, rule, settings);
  if (fit.status != FitStatus::failed) return fit;
  // The last step has no finite result. EM goes the same way again up to the step before it, since
  // it keeps no steps.
  EmSettings before = settings;
  before.max_iterations = std::max(0, fit.iterations - 1);
  fit = iterate_finite(points, passes, verdict, start, rule, before);
  fit.status = FitStatus::failed;
  return fit;
}

/// Returns f(passes of the iterations, passes in double), for every kind of component.
template <class F>
Fit with_all_passes(RowMatrix const& points, EmSettings const& settings, F const& f) {
  if (settings.is_robust()) {
    RobustPasses passes(points, settings);
    return f(passes, passes);
  }
  if (!has_matrices(settings.covariance)) return with_passes(points, settings.precision, f);
  MatrixPasses passes(points);
  return f(passes, passes);
}

MaximizationRule rule_of(RowMatrix const& points, EmSettings const& settings,
                         Knowledge const& known) {
  bool const is_constrained =
      settings.ratio == RatioRule::constrain && has_own_covariances(settings.covariance);
  return {.covariance = settings.covariance,
          .floor = variance_floor(points, settings),
          .ratio = is_constrained ? settings.ratio_limit : 0,
          .known = known};
}

}  // namespace

double mean_variance(RowMatrix const& points) {
  double square_sum = 0;
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    double const mean = column_mean(points, c);
    for (Eigen::Index i = 0; i < points.rows(); ++i)
      square_sum += (points(i, c) - mean) * (points(i, c) - mean);
  }
  return square_sum / (as_real(points.rows()) * as_real(points.cols()));
}

double variance_floor(RowMatrix const& points, double relative) {
  return std::fmax(relative * mean_variance(points), std::numeric_limits<double>::min() * 1e10);
}

double variance_floor(RowMatrix const& points, EmSettings const& settings) {
  double const least = settings.precision == PrecisionKind::single_precision ? 1e-36 : 0;
  return std::fmax(variance_floor(points, settings.variance_floor), least);
}

double em_step(RowMatrix const& points, CovarianceKind covariance, double variance_floor,
               Mixture& mixture, Knowledge const& known) {
  MaximizationRule const rule{
      .covariance = covariance, .floor = variance_floor, .ratio = 0, .known = known};
  mixture = conformed(std::move(mixture), rule);
  if (has_matrices(covariance)) {
    MatrixPasses passes(points);
    return maximize(passes, rule, mixture);
  }
  PointPasses<double> passes(points);
  return maximize(passes, rule, mixture);
}

Fit em_from(RowMatrix const& points, Mixture start, EmSettings const& settings,
            Knowledge const& known) {
  apply_known(known, start);
  MaximizationRule const rule = rule_of(points, settings, known);
  return with_all_passes(points, settings, [&](auto& passes, auto& verdict) {
    return iterate(points, passes, verdict, start, rule, settings);
  });
}

Fit em(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts,
       Knowledge const& known) {
  MaximizationRule const rule = rule_of(points, settings, known);
  Starts starts(points, k, settings, known, rule.floor);
  return with_all_passes(points, settings, [&](auto& passes, auto& verdict) {
    return best_of_restarts(restarts, [&](RandomStream& random) {
      return iterate(points, passes, verdict, starts.mixture(random), rule, settings);
    });
  });
}

}  // namespace tvem
