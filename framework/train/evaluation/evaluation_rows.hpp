#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/estimators/estimator.hpp"
#include "framework/records/evaluation.hpp"

namespace tvem {

/// What ranks share in an evaluation: some restarts of one estimator, on every task.
struct EvaluationItem {
  std::size_t estimator;
  int first_restart, n_restarts;
};

/// All restarts of the estimators, cut into items. An item has so few that ranks share a task's
/// restarts evenly, and so many that the task's sampling and metrics do not count.
std::vector<EvaluationItem> evaluation_items(std::vector<EstimatorSpec> const& specs);

/// The rows of a rank until they are gathered.
class EvaluationRows {
 public:
  /// n_iterations: how many states of a fit the trace has, after 0, 1, ... iterations; 0 for no
  /// trace.
  EvaluationRows(std::size_t n_iterations, std::vector<std::string> family_names)
      : n_iterations_(n_iterations), family_names_(std::move(family_names)) {}

  void add_task(Task const& task);
  /// held_out: further points of the task's mixture. seconds: that the fit took. reference: labels
  /// of eval.reference on the task, none without it.
  void add_fit(Task const& task, RowMatrix const& held_out, EvaluationItem const& item,
               Fit const& fit, double seconds, std::vector<int> const& reference);
  /// Bytes of what has been added.
  std::size_t bytes() const;
  /// Collective. Takes out the rows of all ranks of tasks with smaller ids than `end`, as a table
  /// in the order of ids, on rank 0; empty elsewhere. trace_sums: of the tasks before.
  EvaluationBlock take(Communicator const& comm, std::vector<EstimatorSpec> const& specs,
                       std::int64_t end, TraceSums trace_sums);

  // What ranks send: doubles alone. values: those of evaluation_columns over tasks, or results.
  struct TaskRow {
    double task;
    std::array<double, n_columns(Over::tasks)> values;
  };
  struct FitRow {
    double task, estimator, first_restart;
    double objective;  // of the restart that is kept
    double trace;      // place of its trace among all, once gathered
    std::array<double, n_columns(Over::results)> values;
  };

 private:
  void add_trace(Task const& task, Fit const& fit);
  Evaluation empty_table(std::vector<EstimatorSpec> const& specs) const;
  /// All ranks' rows and traces of tasks below `end`, on rank 0.
  struct Gathered {
    std::vector<TaskRow> tasks;
    std::vector<FitRow> fits;
    std::vector<double> traces;
  };
  Gathered gather(Communicator const& comm, std::int64_t end);

  std::size_t n_iterations_;
  std::vector<std::string> family_names_;
  std::vector<TaskRow> tasks_;
  std::vector<FitRow> fits_;
  std::vector<double> traces_;  // of each fit: n_iterations errors, then as many log-likelihoods
};

}  // namespace tvem
