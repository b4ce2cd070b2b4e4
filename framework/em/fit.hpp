#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "tvem/core/settings.hpp"
#include "tvem/em/starts.hpp"
#include "tvem/tasks/mixture.hpp"

namespace tvem {

/// How an estimator ended on a task. Nothing is ever dropped: every status has an error on its
/// task. Where several hold, the gravest counts: failed, collapsed, dead_component, not_converged.
/// The values are stored in files: never renumber, only append.
enum class FitStatus {
  converged,
  not_converged,   // stopped at max_iterations
  collapsed,       // a variance at the floor, in every restart
  dead_component,  // a component lost all its points and was started again on the way
  failed,          // no finite result; the labels are the best known
};
template <>
inline constexpr auto enum_names<FitStatus> = std::array<std::string_view, 5>{
    "converged", "not_converged", "collapsed", "dead_component", "failed"};

/// What an estimator made of a task.
struct Fit {
  Mixture mixture;            // empty (0 components) for methods that estimate labels alone
  std::vector<int> labels;    // n, in 0..k-1
  double log_likelihood = 0;  // mean per point on the task's points; NaN without a mixture
  double objective = 0;       // what restarts are chosen by: log-likelihood; Lloyd: -sum of squares
  int iterations = 0;         // of the restart that was kept
  int total_iterations = 0;   // of all restarts
  FitStatus status = FitStatus::converged;
  int n_collapsed = 0;  // restarts that ended with a variance at the floor
  int n_dead = 0;       // components started again, over all restarts
};

/// Whether restart a is kept rather than b: not failed before failed, not collapsed before
/// collapsed, then the larger objective.
bool is_better(FitStatus a_status, double a_objective, FitStatus b_status, double b_objective);

/// Fits the restarts in turn and keeps the best, the earlier of equals. Iterations, collapses and
/// dead components are summed.
Fit best_of_restarts(Restarts const& restarts, std::function<Fit(RandomStream&)> const& fit);

}  // namespace tvem
