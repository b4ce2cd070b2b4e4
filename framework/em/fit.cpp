#include "tvem/em/fit.hpp"

#include "tvem/core/error.hpp"

namespace tvem {
namespace {

/// Better: not failed, then not collapsed, then the larger objective; the earlier of equals.
bool is_better(Fit const& a, Fit const& b) {
  auto const rank = [](Fit const& fit) {
    return fit.status == FitStatus::failed ? 2 : fit.status == FitStatus::collapsed ? 1 : 0;
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  return a.objective > b.objective;
}

}  // namespace

Fit best_of_restarts(int n_restarts, std::function<Fit(std::uint64_t restart)> const& fit_restart) {
  TVEM_CHECK(n_restarts > 0, "there must be a start");
  Fit best;
  int total_iterations = 0, n_collapsed = 0, n_dead = 0;
  for (int restart = 0; restart < n_restarts; ++restart) {
    Fit fit = fit_restart(static_cast<std::uint64_t>(restart));
    total_iterations += fit.total_iterations;
    n_collapsed += fit.n_collapsed;
    n_dead += fit.n_dead;
    if (restart == 0 || is_better(fit, best)) best = std::move(fit);
  }
  best.total_iterations = total_iterations;
  best.n_collapsed = n_collapsed;
  best.n_dead = n_dead;
  return best;
}

}  // namespace tvem
