#include "framework/train/evaluation/evaluation_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
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

/// The value of a row that goes to this member of Evaluation.
template <auto member, class Row>
auto& value(Row& row) {
  return row.values[column_place<member>()];
}

FitStatus status_of(FitRow const& row) {
  return value_of<FitStatus>(whole_part(value<&Evaluation::status>(row)));
}

/// Joins the row of later restarts of the same task and estimator to this one, as if one rank had
/// done both.
void join(FitRow& row, FitRow const& later) {
  bool const is_later_kept =
      is_better(status_of(later), later.objective, status_of(row), row.objective);
  FitRow joined = is_later_kept ? later : row;
  joined.first_restart = row.first_restart;
  std::size_t place = 0;
  for_columns(Over::results, [&](EvaluationColumn const& column, auto) {
    if (column.is_of_all_restarts) joined.values[place] = row.values[place] + later.values[place];
    ++place;
  });
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

/// Appends the values of a row to the columns of the table.
template <class Row>
void append(Row const& row, Over over, Evaluation& table) {
  auto const* next = row.values.begin();
  for_columns(over, [&]<class T>(EvaluationColumn const&, std::vector<T> Evaluation::*values) {
    (table.*values).push_back(static_cast<T>(*next++));
  });
}

/// Appends the fits of one estimator, one for each task of the table.
void append_fits(std::span<FitRow> fits, Evaluation& table) {
  for (std::size_t t = 0; t < fits.size(); ++t) {
    value<&Evaluation::excess_error>(fits[t]) =
        value<&Evaluation::error>(fits[t]) - table.bayes_error[t];
    append(fits[t], Over::results, table);
  }
}

/// Adds what the fits of one estimator were after each iteration.
void add_traces(std::span<FitRow const> fits, std::vector<double> const& traces,
                std::size_t n_iterations, std::size_t estimator, TraceSums& sums) {
  for (std::size_t i = 0; i < n_iterations; ++i) {
    std::size_t const at = estimator * n_iterations + i;
    for (FitRow const& fit : fits) {
      std::size_t const first = whole_part(fit.trace) * 2 * n_iterations;
      sums.error[at].add(traces[first + i]);
      sums.log_likelihood[at].add(traces[first + n_iterations + i]);
    }
  }
}

/// Labels to align: those of the task, or of a method that finds more clusters.
int n_labels(Task const& task, Fit const& fit) {
  int const n_clusters = 1 + *std::max_element(fit.labels.begin(), fit.labels.end());
  return std::max({task.components(), fit.mixture.components(), n_clusters});
}

void set_label_scores(Task const& task, Fit const& fit, FitRow& row) {
  using E = Evaluation;
  int const k = n_labels(task, fit);
  value<&E::error>(row) = clustering_error(task.labels, fit.labels, k);
  value<&E::ari>(row) = adjusted_rand_index(task.labels, fit.labels, k);
  value<&E::nmi>(row) = normalized_mutual_information(task.labels, fit.labels, k);
}

/// Mean over the points that are of the mixture: without outliers, as the held-out ones are.
double mean_log_likelihood_without_outliers(Task const& task, Fit const& fit) {
  auto const n_outliers = std::count(task.labels.begin(), task.labels.end(), outlier_label);
  if (n_outliers == 0) return fit.log_likelihood;
  RowMatrix points(task.n_points() - n_outliers, task.points.cols());
  Eigen::Index n = 0;
  for (Eigen::Index i = 0; i < task.points.rows(); ++i)
    if (task.labels[i] != outlier_label) points.row(n++) = task.points.row(i);
  return mean_log_likelihood(fit.mixture, points);
}

void set_parameter_distances(Task const& task, Fit const& fit, FitRow& row) {
  using E = Evaluation;
  // Labels may name more clusters than there are components: those of the mixture do not.
  int const k = std::max(task.components(), fit.mixture.components());
  auto const estimate_of = align_labels(
      task.labels, n_labels(task, fit) > k ? map_labels(fit.mixture, task.points) : fit.labels, k);
  ParameterDistance const distance = parameter_distance(task.mixture, fit.mixture, estimate_of);
  value<&E::means_distance>(row) = distance.means;
  value<&E::weights_distance>(row) = distance.weights;
  value<&E::covariances_distance>(row) = distance.covariances;
  ParameterDistance const matched =
      parameter_distance(task.mixture, fit.mixture, align_means(task.mixture, fit.mixture));
  value<&E::matched_means_distance>(row) = matched.means;
  value<&E::matched_weights_distance>(row) = matched.weights;
  value<&E::matched_covariances_distance>(row) = matched.covariances;
}

}  // namespace

std::vector<EvaluationItem> evaluation_items(std::vector<EstimatorSpec> const& specs) {
  std::vector<EvaluationItem> items;
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (int first = 0; first < specs[e].restarts(); first += restarts_per_item)
      items.push_back({e, first, std::min(restarts_per_item, specs[e].restarts() - first)});
  return items;
}

void EvaluationRows::add_task(Task const& task) {
  using E = Evaluation;
  TaskRow row{.task = as_real(task.id), .values = {}};
  value<&E::bayes_error_raw>(row) = value<&E::bayes_error>(row) = std::nan("");
  if (task.has_labels() && task.has_mixture()) {
    auto const labels = map_labels(task.mixture, task.points);
    value<&E::bayes_error_raw>(row) = labelled_error(task.labels, labels);
    value<&E::bayes_error>(row) = clustering_error(task.labels, labels, task.components());
  }
  value<&E::components>(row) = task.components();
  value<&E::dim>(row) = task.mixture.dim();
  value<&E::points>(row) = task.n_points();
  value<&E::family>(row) = task.family;
  tasks_.push_back(row);
}

void EvaluationRows::add_fit(Task const& task, RowMatrix const& held_out,
                             EvaluationItem const& item, Fit const& fit, double seconds,
                             std::vector<int> const& reference) {
  using E = Evaluation;
  FitRow row{.task = as_real(task.id),
             .estimator = as_real(item.estimator),
             .first_restart = as_real(item.first_restart),
             .objective = fit.objective,
             .trace = 0,
             .values = {}};
  row.values.fill(std::nan(""));
  if (task.has_labels()) set_label_scores(task, fit, row);
  if (!reference.empty()) value<&E::disagreement>(row) = disagreement(reference, fit.labels);
  value<&E::log_likelihood>(row) = fit.log_likelihood;
  if (fit.mixture.components() > 0 && std::isfinite(fit.log_likelihood)) {
    if (task.has_labels() && task.has_mixture()) set_parameter_distances(task, fit, row);
    value<&E::log_likelihood>(row) = mean_log_likelihood_without_outliers(task, fit);
    if (task.has_mixture())
      value<&E::held_out_log_likelihood>(row) = mean_log_likelihood(fit.mixture, held_out);
  }
  value<&E::expected_error>(row) = fit.posterior.expected_error;
  value<&E::effective_samples>(row) = fit.posterior.effective_samples;
  value<&E::r_hat>(row) = fit.posterior.r_hat;
  value<&E::seconds>(row) = seconds;
  value<&E::iterations>(row) = fit.total_iterations;
  value<&E::collapsed_restarts>(row) = fit.n_collapsed;
  value<&E::dead_components>(row) = fit.n_dead;
  value<&E::status>(row) = number_of(fit.status);
  fits_.push_back(row);
  add_trace(task, fit);
}

/// A fit that has ended stays as it is; one without iterations has no trace.
void EvaluationRows::add_trace(Task const& task, Fit const& fit) {
  std::vector<double> errors, log_likelihoods;
  for (std::size_t i = 0; i < n_iterations_; ++i) {
    if (i < fit.trace.size()) {
      errors.push_back(task.has_labels()
                           ? clustering_error(task.labels, fit.trace[i].labels, n_labels(task, fit))
                           : std::nan(""));
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

EvaluationRows::Gathered EvaluationRows::gather(Communicator const& comm, std::int64_t end) {
  auto const is_before = [&](auto const& row) { return row.task < as_real(end); };
  auto const n_tasks = std::partition_point(tasks_.begin(), tasks_.end(), is_before);
  auto const n_fits = std::partition_point(fits_.begin(), fits_.end(), is_before);
  auto const n_traces = traces_.begin() + (n_fits - fits_.begin()) * 2 * n_iterations_;
  Gathered gathered{.tasks = gather_rows<TaskRow>(comm, {tasks_.begin(), n_tasks}),
                    .fits = gather_rows<FitRow>(comm, {fits_.begin(), n_fits}),
                    .traces = comm.gather(std::span(traces_.begin(), n_traces))};
  tasks_.erase(tasks_.begin(), n_tasks);
  fits_.erase(fits_.begin(), n_fits);
  traces_.erase(traces_.begin(), n_traces);
  for (std::size_t i = 0; i < gathered.fits.size(); ++i) gathered.fits[i].trace = as_real(i);
  gathered.fits = join_restarts(std::move(gathered.fits));
  std::sort(gathered.tasks.begin(), gathered.tasks.end(),
            [](TaskRow const& a, TaskRow const& b) { return a.task < b.task; });
  return gathered;
}

EvaluationBlock EvaluationRows::take(Communicator const& comm,
                                     std::vector<EstimatorSpec> const& specs, std::int64_t end,
                                     TraceSums trace_sums) {
  auto [tasks, fits, traces] = gather(comm, end);
  if (!comm.is_root()) return {};
  TVEM_CHECK(fits.size() == tasks.size() * specs.size(), "the evaluation lost a task");
  EvaluationBlock block{.table = empty_table(specs), .trace_sums = std::move(trace_sums)};
  block.trace_sums.error.resize(specs.size() * n_iterations_);
  block.trace_sums.log_likelihood.resize(specs.size() * n_iterations_);
  for (TaskRow const& task : tasks) {
    block.table.task_ids.push_back(whole_part(task.task));
    append(task, Over::tasks, block.table);
  }
  for (std::size_t e = 0; e < specs.size(); ++e) {
    auto const of_estimator = std::span(fits).subspan(e * tasks.size(), tasks.size());
    append_fits(of_estimator, block.table);
    add_traces(of_estimator, traces, n_iterations_, e, block.trace_sums);
  }
  return block;
}

Evaluation EvaluationRows::empty_table(std::vector<EstimatorSpec> const& specs) const {
  Evaluation table;
  table.family_names = family_names_;
  for (auto const name : enum_names<FitStatus>) table.status_names.emplace_back(name);
  for (auto const& spec : specs) table.estimators.push_back(spec.text);
  return table;
}

}  // namespace tvem
