#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/metrics/statistics.hpp"

namespace tvem {

/// All estimators on the same tasks. Arrays over (estimator, task) are row-major:
/// entry [e * n_tasks() + t]; evaluation_metrics says what they are. Arrays over (estimator,
/// iteration) are empty without a trace: entry [e * n_iterations + i] is after i iterations.
struct Evaluation {
  std::vector<std::string> estimators;  // their specifications
  std::vector<std::int64_t> task_ids;
  std::vector<int> components, dim, points;          // of each task
  std::vector<double> bayes_error_raw, bayes_error;  // of each task: the MAP rule
  std::vector<double> error, excess_error, ari, nmi, log_likelihood, held_out_log_likelihood;
  std::vector<double> means_distance, weights_distance, covariances_distance, seconds;
  std::vector<int> collapsed_restarts;    // restarts that ended with a variance at the floor
  std::vector<int> dead_components;       // components started again, over all restarts
  std::vector<int> iterations, status;    // status: position in status_names
  std::vector<std::string> status_names;  // words of FitStatus
  std::vector<double> trace_error_mean, trace_error_standard_error, trace_log_likelihood_mean;

  std::size_t n_tasks() const { return task_ids.size(); }
  std::size_t n_iterations() const {
    return estimators.empty() ? 0 : trace_error_mean.size() / estimators.size();
  }
  /// The row of one estimator in one of the arrays over (estimator, task).
  template <class T>
  std::vector<T> row(std::vector<T> const& array, std::size_t estimator) const {
    auto const begin = array.begin() + static_cast<std::ptrdiff_t>(estimator * n_tasks());
    return {begin, begin + static_cast<std::ptrdiff_t>(n_tasks())};
  }
};

/// Sums over tasks of what a fit was after 0, 1, ... iterations: entry [e * n_iterations + i] of
/// estimator e. Empty without a trace.
struct TraceSums {
  std::vector<Moments> error, log_likelihood;
};

/// Some tasks of an evaluation, one after another by their ids.
struct EvaluationBlock {
  Evaluation table;      // without means over tasks
  TraceSums trace_sums;  // of all tasks up to the last of these, in their order
};

/// Fills in the means over tasks.
inline void set_trace(Evaluation& table, TraceSums const& sums) {
  for (Moments const& error : sums.error) {
    table.trace_error_mean.push_back(error.mean());
    table.trace_error_standard_error.push_back(error.standard_error());
  }
  for (Moments const& log_likelihood : sums.log_likelihood)
    table.trace_log_likelihood_mean.push_back(log_likelihood.mean());
}

/// A real number that every estimator has on every task, NaN where it has none.
struct EvaluationMetric {
  char const* name;
  std::vector<double> Evaluation::*values;
  char const* long_name;
  char const* units = "1";
};

inline constexpr EvaluationMetric evaluation_metrics[] = {
    {"error", &Evaluation::error, "misclustering error, the minimum over permutations of labels"},
    {"excess_error", &Evaluation::excess_error,
     "error - that of the MAP rule with the true mixture on the task"},
    {"ari", &Evaluation::ari, "adjusted Rand index"},
    {"nmi", &Evaluation::nmi, "normalised mutual information, arithmetic mean of the entropies"},
    {"log_likelihood", &Evaluation::log_likelihood,
     "mean log-likelihood per point on the task's points (nats); NaN without a mixture"},
    {"held_out_log_likelihood", &Evaluation::held_out_log_likelihood,
     "mean log-likelihood per point on as many further points of the task's mixture (nats)"},
    {"means_distance", &Evaluation::means_distance,
     "mean over components of the squared distance of estimated from true mean, aligned as labels"},
    {"weights_distance", &Evaluation::weights_distance,
     "sum over components of the squared difference of estimated and true weight"},
    {"covariances_distance", &Evaluation::covariances_distance,
     "mean over components of the squared Frobenius distance of estimated and true covariance"},
    {"seconds", &Evaluation::seconds, "wall-clock time on the task", "s"},
};

}  // namespace tvem
