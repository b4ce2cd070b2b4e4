#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <variant>
#include <vector>

#include "framework/metrics/statistics.hpp"

namespace tvem {

/// All estimators on the same tasks. Arrays over (estimator, task) are row-major:
/// entry [e * n_tasks() + t]; evaluation_columns says what they are. Arrays over (estimator,
/// iteration) are empty without a trace: entry [e * n_iterations + i] is after i iterations.
struct Evaluation {
  std::vector<std::string> estimators;  // their specifications
  std::vector<std::int64_t> task_ids;
  std::vector<int> components, dim, points, family;  // of each task
  std::vector<double> bayes_error_raw, bayes_error;  // of each task: the MAP rule
  std::vector<double> error, excess_error, ari, nmi, log_likelihood, held_out_log_likelihood;
  std::vector<double> means_distance, weights_distance, covariances_distance;
  std::vector<double> matched_means_distance, matched_weights_distance;
  std::vector<double> matched_covariances_distance;
  std::vector<double> expected_error, effective_samples, r_hat, disagreement, seconds;
  std::vector<int> iterations, collapsed_restarts, dead_components, status;
  std::vector<std::string> status_names;  // words of FitStatus
  std::vector<std::string> family_names;  // "none" for tasks of no named family
  std::vector<double> trace_error_mean, trace_error_standard_error, trace_log_likelihood_mean;

  std::size_t n_tasks() const { return task_ids.size(); }
  std::size_t n_iterations() const {
    return estimators.empty() ? 0 : trace_error_mean.size() / estimators.size();
  }
  /// The row of one estimator in one of the arrays over (estimator, task).
  template <class T>
  std::vector<T> row(std::vector<T> const& array, std::size_t estimator) const {
    auto const begin = array.begin() + estimator * n_tasks();
    return {begin, begin + n_tasks()};
  }
};

/// What a column has a value for: every task, or every estimator on every task.
enum class Over { tasks, results };

/// How the integers of all tasks become one. words: a count for each word.
enum class Total { none, mean, sum, words };

/// A column of an evaluation. Gathering over ranks, files, reports and collected sweeps follow from
/// this table: a new column is a member of Evaluation, a row here, and its computation in
/// framework/train/evaluation/evaluation_rows.cpp (and a line in io/SCHEMA.md).
struct EvaluationColumn {
  using Reals = std::vector<double> Evaluation::*;
  using Integers = std::vector<int> Evaluation::*;

  char const* name;
  Over over;
  std::variant<Reals, Integers> values;
  char const* long_name;
  char const* units = "1";
  Total total = Total::none;
  char const* total_name = "";
  bool is_of_all_restarts = false;  // a sum over them; else of the restart that is kept
  std::vector<std::string> Evaluation::*words = nullptr;  // of which the values are positions
  bool is_in_old_files = true;  // of schema versions up to 4; where it is not there, it is NaN

  constexpr bool is_metric() const { return over == Over::results && values.index() == 0; }
};

inline constexpr EvaluationColumn evaluation_columns[] = {
    {"components", Over::tasks, &Evaluation::components, "number of components k of the task"},
    {"dim", Over::tasks, &Evaluation::dim, "dimension of the task"},
    {"points", Over::tasks, &Evaluation::points, "points of the task"},
    {.name = "family",
     .over = Over::tasks,
     .values = &Evaluation::family,
     .long_name = "family of the task, a position in flag_meanings",
     .units = "",
     .words = &Evaluation::family_names},
    {"bayes_error_raw", Over::tasks, &Evaluation::bayes_error_raw,
     "error of the MAP rule with the true mixture, labels as named (no permutation)"},
    {"bayes_error", Over::tasks, &Evaluation::bayes_error,
     "the same, minimum over permutations of the labels"},
    {"error", Over::results, &Evaluation::error,
     "misclustering error, the minimum over permutations of labels"},
    {"excess_error", Over::results, &Evaluation::excess_error,
     "error - that of the MAP rule with the true mixture on the task"},
    {"ari", Over::results, &Evaluation::ari, "adjusted Rand index"},
    {"nmi", Over::results, &Evaluation::nmi,
     "normalised mutual information, arithmetic mean of the entropies"},
    {"log_likelihood", Over::results, &Evaluation::log_likelihood,
     "mean log-likelihood per point on the task's points but outliers (nats); NaN without a "
     "mixture"},
    {"held_out_log_likelihood", Over::results, &Evaluation::held_out_log_likelihood,
     "mean log-likelihood per point on as many further points of the task's mixture (nats)"},
    {"means_distance", Over::results, &Evaluation::means_distance,
     "mean over components of the squared distance of estimated from true mean, aligned as labels"},
    {"weights_distance", Over::results, &Evaluation::weights_distance,
     "sum over components of the squared difference of estimated and true weight"},
    {"covariances_distance", Over::results, &Evaluation::covariances_distance,
     "mean over components of the squared Frobenius distance of estimated and true covariance"},
    {.name = "matched_means_distance",
     .over = Over::results,
     .values = &Evaluation::matched_means_distance,
     .long_name = "means_distance after the alignment that makes it least",
     .is_in_old_files = false},
    {.name = "matched_weights_distance",
     .over = Over::results,
     .values = &Evaluation::matched_weights_distance,
     .long_name = "weights_distance after that alignment",
     .is_in_old_files = false},
    {.name = "matched_covariances_distance",
     .over = Over::results,
     .values = &Evaluation::matched_covariances_distance,
     .long_name = "covariances_distance after that alignment",
     .is_in_old_files = false},
    {.name = "expected_error",
     .over = Over::results,
     .values = &Evaluation::expected_error,
     .long_name = "error that the posterior expects of its labelling; NaN for other methods",
     .is_in_old_files = false},
    {.name = "effective_samples",
     .over = Over::results,
     .values = &Evaluation::effective_samples,
     .long_name = "independent samples that would say as much of expected_error",
     .is_in_old_files = false},
    {.name = "r_hat",
     .over = Over::results,
     .values = &Evaluation::r_hat,
     .long_name = "how far chains disagree about expected_error; 1 where they agree",
     .is_in_old_files = false},
    {.name = "disagreement",
     .over = Over::results,
     .values = &Evaluation::disagreement,
     .long_name = "misclustering error between the labels and those of eval.reference; NaN without "
                  "it",
     .is_in_old_files = false},
    {.name = "seconds",
     .over = Over::results,
     .values = &Evaluation::seconds,
     .long_name = "wall-clock time on the task",
     .units = "s",
     .is_of_all_restarts = true},
    {"iterations", Over::results, &Evaluation::iterations, "iterations, over all restarts", "1",
     Total::mean, "iterations over all restarts, mean over tasks", true},
    {"collapsed_restarts", Over::results, &Evaluation::collapsed_restarts,
     "restarts that ended with a variance at the floor", "1", Total::sum,
     "restarts that ended with a variance at the floor, over all tasks", true},
    {"dead_components", Over::results, &Evaluation::dead_components,
     "components that lost all their points and were started again, or stayed without, over all "
     "restarts",
     "1", Total::sum, "components that were started again, over all tasks", true},
    {.name = "status",
     .over = Over::results,
     .values = &Evaluation::status,
     .long_name = "how the estimator ended on the task, a position in flag_meanings",
     .units = "",
     .total = Total::words,
     .total_name = "tasks that ended with the status",
     .words = &Evaluation::status_names},
};

constexpr std::size_t n_columns(Over over) {
  return std::count_if(std::begin(evaluation_columns), std::end(evaluation_columns),
                       [=](auto const& c) { return c.over == over; });
}

/// The place of the column of a member among those over the same.
template <auto member>
consteval std::size_t column_place() {
  std::size_t of_tasks = 0, of_results = 0;
  for (EvaluationColumn const& column : evaluation_columns) {
    std::size_t& place = column.over == Over::tasks ? of_tasks : of_results;
    // Not std::get_if: with the undefined-behaviour sanitizer GCC 12 takes its test for null for no
    // constant expression.
    if (std::holds_alternative<decltype(member)>(column.values) &&
        std::get<decltype(member)>(column.values) == member)
      return place;
    ++place;
  }
  throw "no column has this member";
}

/// Calls work(column, member) for every column over `over`; member: its pointer, of its type.
template <class Work>
void for_columns(Over over, Work const& work) {
  for (EvaluationColumn const& column : evaluation_columns)
    if (column.over == over) std::visit([&](auto member) { work(column, member); }, column.values);
}

/// The columns of real numbers over (estimator, task): what is averaged over tasks.
struct EvaluationMetric {
  char const* name = "";
  std::vector<double> Evaluation::*values = nullptr;
  char const* long_name = "";
  char const* units = "1";
};
inline constexpr auto evaluation_metrics = [] {
  constexpr auto is_metric = [](EvaluationColumn const& c) { return c.is_metric(); };
  std::array<EvaluationMetric,
             std::count_if(std::begin(evaluation_columns), std::end(evaluation_columns), is_metric)>
      metrics;
  auto* metric = metrics.begin();
  for (EvaluationColumn const& c : evaluation_columns)
    if (c.is_metric()) *metric++ = {c.name, std::get<0>(c.values), c.long_name, c.units};
  return metrics;
}();

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

/// What a trace has of an estimator after so many iterations, and how it is called.
struct TraceColumn {
  char const* name;
  std::vector<double> Evaluation::*values;
  char const* long_name;
};
inline constexpr TraceColumn trace_columns[] = {
    {"trace_error_mean", &Evaluation::trace_error_mean,
     "misclustering error after so many iterations, mean over tasks; NaN without iterations"},
    {"trace_error_standard_error", &Evaluation::trace_error_standard_error,
     "its standard error over tasks"},
    {"trace_log_likelihood_mean", &Evaluation::trace_log_likelihood_mean,
     "mean log-likelihood per point after so many iterations, mean over tasks (nats)"}};

}  // namespace tvem
