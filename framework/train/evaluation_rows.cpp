#include "framework/train/evaluation_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "framework/core/error.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/metrics/parameters.hpp"

namespace tvem {
namespace {

using TaskRow = EvaluationRows::TaskRow;
using FitRow = EvaluationRows::FitRow;

constexpr int restarts_per_item = 32;

/// Collective. The rows of all ranks, rank after rank, on rank 0.
template <class Row>
std::vector<Row> gather_rows(Communicator const& comm, std::span<Row const> rows) {
  static_assert(std::is_trivially_copyable_v<Row> && sizeof(Row) % sizeof(double) == 0);
  std::vector<double> values(rows.size() * (sizeof(Row) / sizeof(double)));
  if (!rows.empty()) std::memcpy(values.data(), rows.data(), rows.size() * sizeof(Row));
  values = comm.gather(values);
  std::vector<Row> all(values.size() * sizeof(double) / sizeof(Row));
  if (!all.empty()) std::memcpy(all.data(), values.data(), all.size() * sizeof(Row));
  return all;
}

/// The row of an item that has later restarts of the same task and estimator, joined to it as if
/// one rank had done both.
void join(FitRow& row, FitRow const& later) {
  auto const status = [](FitRow const& r) { return static_cast<FitStatus>(r.status); };
  FitRow joined =
      is_better(status(later), later.objective, status(row), row.objective) ? later : row;
  joined.first_restart = row.first_restart;
  joined.seconds = row.seconds + later.seconds;
  joined.iterations = row.iterations + later.iterations;
  joined.collapsed_restarts = row.collapsed_restarts + later.collapsed_restarts;
  joined.dead_components = row.dead_components + later.dead_components;
  row = joined;
}

/// One row for each estimator and task, sorted by estimator, then task.
std::vector<FitRow> join_restarts(std::vector<FitRow> rows) {
  auto const key = [](FitRow const& row) {
    return std::tuple(row.estimator, row.task, row.first_restart);
  };
  std::sort(rows.begin(), rows.end(),
            [&](FitRow const& a, FitRow const& b) { return key(a) < key(b); });
  std::vector<FitRow> joined;
  for (FitRow const& row : rows)
    if (row.first_restart == 0)
      joined.push_back(row);
    else
      join(joined.back(), row);
  return joined;
}

void fill_tasks(std::vector<TaskRow> const& tasks, Evaluation& table) {
  for (TaskRow const& task : tasks) {
    table.task_ids.push_back(static_cast<std::int64_t>(task.task));
    table.components.push_back(static_cast<int>(task.components));
    table.dim.push_back(static_cast<int>(task.dim));
    table.points.push_back(static_cast<int>(task.points));
    table.bayes_error_raw.push_back(task.bayes_error_raw);
    table.bayes_error.push_back(task.bayes_error);
  }
}

void fill_fit(FitRow const& fit, double bayes_error, Evaluation& table) {
  table.error.push_back(fit.error);
  table.excess_error.push_back(fit.error - bayes_error);
  table.ari.push_back(fit.ari);
  table.nmi.push_back(fit.nmi);
  table.log_likelihood.push_back(fit.log_likelihood);
  table.held_out_log_likelihood.push_back(fit.held_out_log_likelihood);
  table.means_distance.push_back(fit.means_distance);
  table.weights_distance.push_back(fit.weights_distance);
  table.covariances_distance.push_back(fit.covariances_distance);
  table.seconds.push_back(fit.seconds);
  table.iterations.push_back(static_cast<int>(fit.iterations));
  table.collapsed_restarts.push_back(static_cast<int>(fit.collapsed_restarts));
  table.dead_components.push_back(static_cast<int>(fit.dead_components));
  table.status.push_back(static_cast<int>(fit.status));
}

/// Adds what the fits of one estimator were after each iteration.
void add_traces(std::span<FitRow const> fits, std::vector<double> const& traces,
                std::size_t n_iterations, std::size_t estimator, TraceSums& sums) {
  for (std::size_t i = 0; i < n_iterations; ++i) {
    std::size_t const at = estimator * n_iterations + i;
    for (FitRow const& fit : fits) {
      std::size_t const first = static_cast<std::size_t>(fit.trace) * 2 * n_iterations;
      sums.error[at].add(traces[first + i]);
      sums.log_likelihood[at].add(traces[first + n_iterations + i]);
    }
  }
}

/// Labels to align: those of the task, or of a method that assumes more components.
int n_labels(Task const& task, Fit const& fit) {
  return std::max(task.components(), fit.mixture.components());
}

}  // namespace

std::vector<EvaluationItem> evaluation_items(std::vector<EstimatorSpec> const& specs) {
  std::vector<EvaluationItem> items;
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (int first = 0; first < restarts_of(specs[e]); first += restarts_per_item)
      items.push_back({e, first, std::min(restarts_per_item, restarts_of(specs[e]) - first)});
  return items;
}

void EvaluationRows::add_task(Task const& task) {
  auto const labels = map_labels(task.mixture, task.points);
  tasks_.push_back({.task = static_cast<double>(task.id),
                    .components = static_cast<double>(task.components()),
                    .dim = static_cast<double>(task.mixture.dim()),
                    .points = static_cast<double>(task.n_points()),
                    .bayes_error_raw = labelled_error(task.labels, labels),
                    .bayes_error = clustering_error(task.labels, labels, task.components())});
}

void EvaluationRows::add_fit(Task const& task, RowMatrix const& held_out,
                             EvaluationItem const& item, Fit const& fit, double seconds) {
  int const k = n_labels(task, fit);
  FitRow row{.task = static_cast<double>(task.id),
             .estimator = static_cast<double>(item.estimator),
             .first_restart = static_cast<double>(item.first_restart),
             .error = clustering_error(task.labels, fit.labels, k),
             .ari = adjusted_rand_index(task.labels, fit.labels, k),
             .nmi = normalized_mutual_information(task.labels, fit.labels, k),
             .log_likelihood = fit.log_likelihood,
             .held_out_log_likelihood = std::nan(""),
             .objective = fit.objective,
             .status = static_cast<double>(fit.status),
             .means_distance = std::nan(""),
             .weights_distance = std::nan(""),
             .covariances_distance = std::nan(""),
             .seconds = seconds,
             .iterations = static_cast<double>(fit.total_iterations),
             .collapsed_restarts = static_cast<double>(fit.n_collapsed),
             .dead_components = static_cast<double>(fit.n_dead),
             .trace = 0};
  if (fit.mixture.components() > 0 && std::isfinite(fit.log_likelihood)) {
    ParameterDistance const distance =
        parameter_distance(task.mixture, fit.mixture, align_labels(task.labels, fit.labels, k));
    row.held_out_log_likelihood = mean_log_likelihood(fit.mixture, held_out);
    row.means_distance = distance.means;
    row.weights_distance = distance.weights;
    row.covariances_distance = distance.covariances;
  }
  fits_.push_back(row);
  add_trace(task, fit);
}

/// A fit that has ended stays as it is; one without iterations has no trace.
void EvaluationRows::add_trace(Task const& task, Fit const& fit) {
  std::vector<double> errors, log_likelihoods;
  for (std::size_t i = 0; i < n_iterations_; ++i) {
    if (i < fit.trace.size()) {
      errors.push_back(clustering_error(task.labels, fit.trace[i].labels, n_labels(task, fit)));
      log_likelihoods.push_back(fit.trace[i].log_likelihood);
    } else {
      errors.push_back(fit.trace.empty() ? std::nan("") : errors.back());
      log_likelihoods.push_back(fit.trace.empty() ? std::nan("") : log_likelihoods.back());
    }
  }
  traces_.insert(traces_.end(), errors.begin(), errors.end());
  traces_.insert(traces_.end(), log_likelihoods.begin(), log_likelihoods.end());
}

std::size_t EvaluationRows::bytes() const {
  return tasks_.size() * sizeof(TaskRow) + fits_.size() * sizeof(FitRow) +
         traces_.size() * sizeof(double);
}

EvaluationBlock EvaluationRows::take(Communicator const& comm,
                                     std::vector<EstimatorSpec> const& specs, std::int64_t end,
                                     TraceSums trace_sums) {
  auto const is_before = [&](auto const& row) { return row.task < static_cast<double>(end); };
  auto const n_tasks = std::partition_point(tasks_.begin(), tasks_.end(), is_before);
  auto const n_fits = std::partition_point(fits_.begin(), fits_.end(), is_before);
  auto const n_traces =
      traces_.begin() + (n_fits - fits_.begin()) * 2 * static_cast<std::ptrdiff_t>(n_iterations_);
  auto tasks = gather_rows<TaskRow>(comm, {tasks_.begin(), n_tasks});
  auto fits = gather_rows<FitRow>(comm, {fits_.begin(), n_fits});
  auto const traces = comm.gather(std::span(traces_.begin(), n_traces));
  tasks_.erase(tasks_.begin(), n_tasks);
  fits_.erase(fits_.begin(), n_fits);
  traces_.erase(traces_.begin(), n_traces);
  if (!comm.is_root()) return {};
  for (std::size_t i = 0; i < fits.size(); ++i) fits[i].trace = static_cast<double>(i);
  fits = join_restarts(std::move(fits));
  TVEM_CHECK(fits.size() == tasks.size() * specs.size(), "the evaluation lost a task");
  std::sort(tasks.begin(), tasks.end(),
            [](TaskRow const& a, TaskRow const& b) { return a.task < b.task; });
  EvaluationBlock block{.table = {}, .trace_sums = std::move(trace_sums)};
  block.trace_sums.error.resize(specs.size() * n_iterations_);
  block.trace_sums.log_likelihood.resize(specs.size() * n_iterations_);
  Evaluation& table = block.table;
  for (auto const name : enum_names<FitStatus>) table.status_names.emplace_back(name);
  for (auto const& spec : specs) table.estimators.push_back(spec.text);
  fill_tasks(tasks, table);
  for (std::size_t e = 0; e < specs.size(); ++e) {
    auto const of_estimator = std::span(fits).subspan(e * tasks.size(), tasks.size());
    for (std::size_t t = 0; t < tasks.size(); ++t)
      fill_fit(of_estimator[t], tasks[t].bayes_error, table);
    add_traces(of_estimator, traces, n_iterations_, e, block.trace_sums);
  }
  return block;
}

}  // namespace tvem
