#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/random.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// How an estimator ended on a task. No task is dropped: every status has an error. Where several
/// hold, the gravest counts: failed, collapsed, beyond_ratio_limit, dead_component, not_converged.
/// The values are stored in files: never renumber, only append.
enum class FitStatus {
  converged,
  not_converged,       // stopped at max_iterations
  collapsed,           // a variance at the floor, in every restart
  dead_component,      // a component lost all its points and was started again, or stayed without
  failed,              // a step without a finite result; what it was before that step is kept
  beyond_ratio_limit,  // variances further apart than the ratio limit, in every restart
};
template <>
inline constexpr auto enum_names<FitStatus> = std::array<std::string_view, 6>{
    "converged", "not_converged", "collapsed", "dead_component", "failed", "beyond_ratio_limit"};

/// The state of an estimator after some iterations.
struct TracePoint {
  std::vector<int> labels;    // n
  double log_likelihood = 0;  // mean per point; NaN where the method has none
};

/// What a sample of the posterior says of its optimal labelling.
struct PosteriorSummary {
  double expected_error = std::numeric_limits<double>::quiet_NaN();
  double effective_samples = std::numeric_limits<double>::quiet_NaN();  // of the error
  double r_hat =
      std::numeric_limits<double>::quiet_NaN();  // of the error over chains; 1: they agree
};

/// The result of an estimator on a task.
struct Fit {
  Mixture mixture;             // empty (0 components) for methods that estimate labels alone
  std::vector<int> labels;     // n, in 0..k-1
  RowMatrix responsibilities;  // n x k, of a read-out of labels; empty where the mixture says them
  double log_likelihood = 0;   // mean per point on the task's points; NaN without a mixture
  double objective = 0;        // restarts are chosen by it: log-likelihood; Lloyd: -sum of squares
  int iterations = 0;          // of the restart that was kept
  int total_iterations = 0;    // of all restarts
  FitStatus status = FitStatus::converged;
  bool is_beyond_ratio_limit = false;  // variances are further apart than settings.ratio_limit
  int n_collapsed = 0;                 // restarts that ended with a variance at the floor
  int n_dead = 0;                      // components without points, over all restarts
  PosteriorSummary posterior;          // of the method posterior
  std::vector<TracePoint> trace;       // of the restart that was kept: after 0, 1, ... iterations
  std::optional<double> external_seconds;  // of a program that was not timed with the task
};

/// Some of the restarts of a task, each with a random stream of its own: restart r has
/// RandomStream(seed, Purpose::starts, task_id, r), so that 10 restarts include the first one, and
/// ranks may share them.
struct Restarts {
  std::uint64_t seed = 0;
  std::uint64_t task_id = 0;
  int count = 1;
  int first = 0;
};

/// The gravest status that holds, of a fit that has its likelihood and counts.
FitStatus status_of(Fit const& fit, bool has_converged);

/// Completes the fit of a method that minimises a sum of squares over labels. mixture: that the
/// labels describe.
void complete(double square_sum, std::vector<int> labels, Mixture mixture, double log_likelihood,
              Fit& fit);

/// Adds labels() and the likelihood to the trace, unless it has settings.trace iterations already.
template <class Labels>
void record(EmSettings const& settings, double log_likelihood, Fit& fit, Labels const& labels) {
  if (settings.trace > 0 && std::ssize(fit.trace) <= settings.trace)
    fit.trace.push_back({labels(), log_likelihood});
}

/// Whether restart a is kept rather than b. Failed ones come last, then collapsed ones, then those
/// beyond the ratio limit. Among equals the larger objective counts.
bool is_better(FitStatus a_status, double a_objective, FitStatus b_status, double b_objective);

/// Fits the restarts in turn and keeps the best, the earlier of equals. Iterations, collapses and
/// dead components are summed.
Fit best_of_restarts(Restarts const& restarts, std::function<Fit(RandomStream&)> const& fit);

}  // namespace tvem
