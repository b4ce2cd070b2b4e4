#include "framework/estimators/fit.hpp"

#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/interruption.hpp"

namespace tvem {
namespace {

int gravity(FitStatus status) {
  switch (status) {
    case FitStatus::failed:
      return 3;
    case FitStatus::collapsed:
      return 2;
    case FitStatus::beyond_ratio_limit:
      return 1;
    case FitStatus::converged:
    case FitStatus::not_converged:
    case FitStatus::dead_component:
      break;
  }
  return 0;
}

}  // namespace

FitStatus status_of(Fit const& fit, bool has_converged) {
  if (!std::isfinite(fit.log_likelihood)) return FitStatus::failed;
  if (fit.n_collapsed > 0) return FitStatus::collapsed;
  if (fit.is_beyond_ratio_limit) return FitStatus::beyond_ratio_limit;
  if (fit.n_dead > 0) return FitStatus::dead_component;
  return has_converged ? FitStatus::converged : FitStatus::not_converged;
}

void complete(double square_sum, std::vector<int> labels, Mixture mixture, double log_likelihood,
              Fit& fit) {
  fit.total_iterations = fit.iterations;
  fit.objective = -square_sum;
  fit.labels = std::move(labels);
  fit.mixture = std::move(mixture);
  fit.log_likelihood = log_likelihood;
  if (fit.n_dead > 0) fit.status = FitStatus::dead_component;
  if (!std::isfinite(log_likelihood)) fit.status = FitStatus::failed;
}

bool is_better(FitStatus a_status, double a_objective, FitStatus b_status, double b_objective) {
  if (gravity(a_status) != gravity(b_status)) return gravity(a_status) < gravity(b_status);
  return a_objective > b_objective;
}

Fit best_of_restarts(Restarts const& restarts, std::function<Fit(RandomStream&)> const& fit) {
  TVEM_CHECK(restarts.count > 0, "there must be a start");
  Fit best;
  int total_iterations = 0, n_collapsed = 0, n_dead = 0;
  for (int r = 0; r < restarts.count; ++r) {
    leave_if_interrupted();
    RandomStream random(restarts.seed, Purpose::starts, restarts.task_id, restarts.first + r);
    Fit next = fit(random);
    total_iterations += next.total_iterations;
    n_collapsed += next.n_collapsed;
    n_dead += next.n_dead;
    if (r == 0 || is_better(next.status, next.objective, best.status, best.objective))
      best = std::move(next);
  }
  best.total_iterations = total_iterations;
  best.n_collapsed = n_collapsed;
  best.n_dead = n_dead;
  return best;
}

}  // namespace tvem
