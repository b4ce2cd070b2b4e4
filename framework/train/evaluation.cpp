#include "tvem/train/evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "tvem/core/error.hpp"
#include "tvem/loss/permutation_cross_entropy.hpp"
#include "tvem/metrics/clustering.hpp"
#include "tvem/metrics/statistics.hpp"
#include "tvem/tasks/partition.hpp"

namespace tvem {
namespace {

class StopWatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Restarts in an item of work: few enough that ranks share a task's restarts evenly, enough that
/// the task's sampling and metrics do not count.
constexpr int restarts_per_item = 32;

/// What ranks share: some restarts of one estimator, on every task.
struct Item {
  std::size_t estimator;
  int first_restart, n_restarts;
};

std::vector<Item> items_of(std::vector<EstimatorSpec> const& specs) {
  std::vector<Item> items;
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (int first = 0; first < restarts_of(specs[e]); first += restarts_per_item)
      items.push_back({e, first, std::min(restarts_per_item, restarts_of(specs[e]) - first)});
  return items;
}

// What ranks send: doubles alone.
struct TaskRow {
  double task, components, dim, points, bayes_error_raw;
};
struct FitRow {
  double task, estimator, first_restart;
  double error, ari, nmi, log_likelihood, objective, status;        // of the restart that is kept
  double seconds, iterations, collapsed_restarts, dead_components;  // of all restarts

  bool operator<(FitRow const& other) const {
    return std::tie(task, estimator, first_restart) <
           std::tie(other.task, other.estimator, other.first_restart);
  }
};

TaskRow task_row(Task const& task) {
  return {.task = static_cast<double>(task.id),
          .components = static_cast<double>(task.components()),
          .dim = static_cast<double>(task.mixture.dim()),
          .points = static_cast<double>(task.n_points()),
          .bayes_error_raw = labelled_error(task.labels, map_labels(task.mixture, task.points))};
}

FitRow fit_row(Task const& task, Item const& item, Fit const& fit, double seconds) {
  int const k = task.components();
  return {.task = static_cast<double>(task.id),
          .estimator = static_cast<double>(item.estimator),
          .first_restart = static_cast<double>(item.first_restart),
          .error = clustering_error(task.labels, fit.labels, k),
          .ari = adjusted_rand_index(task.labels, fit.labels, k),
          .nmi = normalized_mutual_information(task.labels, fit.labels, k),
          .log_likelihood = fit.log_likelihood,
          .objective = fit.objective,
          .status = static_cast<double>(fit.status),
          .seconds = seconds,
          .iterations = static_cast<double>(fit.total_iterations),
          .collapsed_restarts = static_cast<double>(fit.n_collapsed),
          .dead_components = static_cast<double>(fit.n_dead)};
}

/// Collective. The rows of all ranks, on rank 0.
template <class Row>
std::vector<Row> gather_rows(Communicator const& comm, std::vector<Row> const& rows) {
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

/// One row for each task and estimator, sorted by task, then estimator.
std::vector<FitRow> join_restarts(std::vector<FitRow> rows) {
  std::sort(rows.begin(), rows.end());
  std::vector<FitRow> joined;
  for (FitRow const& row : rows)
    if (row.first_restart == 0)
      joined.push_back(row);
    else
      join(joined.back(), row);
  return joined;
}

Evaluation table_of(std::vector<EstimatorSpec> const& specs, std::vector<TaskRow> tasks,
                    std::vector<FitRow> const& fits) {
  TVEM_CHECK(fits.size() == tasks.size() * specs.size(), "the evaluation lost a task");
  std::sort(tasks.begin(), tasks.end(),
            [](TaskRow const& a, TaskRow const& b) { return a.task < b.task; });
  Evaluation table;
  for (auto const name : enum_names<FitStatus>) table.status_names.emplace_back(name);
  for (auto const& spec : specs) table.estimators.push_back(spec.text);
  for (TaskRow const& task : tasks) {
    table.task_ids.push_back(static_cast<std::int64_t>(task.task));
    table.components.push_back(static_cast<int>(task.components));
    table.dim.push_back(static_cast<int>(task.dim));
    table.points.push_back(static_cast<int>(task.points));
    table.bayes_error_raw.push_back(task.bayes_error_raw);
  }
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      FitRow const& fit = fits[t * specs.size() + e];
      table.error.push_back(fit.error);
      table.ari.push_back(fit.ari);
      table.nmi.push_back(fit.nmi);
      table.log_likelihood.push_back(fit.log_likelihood);
      table.seconds.push_back(fit.seconds);
      table.iterations.push_back(static_cast<int>(fit.iterations));
      table.collapsed_restarts.push_back(static_cast<int>(fit.collapsed_restarts));
      table.dead_components.push_back(static_cast<int>(fit.dead_components));
      table.status.push_back(static_cast<int>(fit.status));
    }
  return table;
}

}  // namespace

std::vector<EstimatorSpec> parse_estimators(Settings const& settings) {
  std::vector<EstimatorSpec> specs;
  std::vector<std::string> problems;
  for (std::string const& text : settings.eval.estimators) {
    try {
      specs.push_back(parse_estimator(text, settings.em));
      specs.back().em.trace = settings.eval.trace;
      for (auto const& problem : estimator_problems(specs.back(), settings))
        problems.push_back(problem);
    } catch (ConfigurationError const& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return specs;
}

Fit run_transformer(Transformer<float>& model, Task const& task, int dim) {
  RaggedBatch const batch = make_batch(std::span(&task, 1), dim);
  Fit fit;
  fit.labels.resize(batch.n_points());
  auto const logits = model.forward(batch);
  predict_labels(logits, model.n_labels(), task.components(), fit.labels);
  fit.log_likelihood = std::nan("");
  for (float const logit : logits)
    if (!std::isfinite(logit)) fit.status = FitStatus::failed;
  return fit;
}

Evaluation evaluate(Settings const& settings, Communicator const& comm, Transformer<float>& model,
                    InstructionSet instruction_set, EvaluationProgress const& progress) {
  auto const specs = parse_estimators(settings);
  auto const items = items_of(specs);
  TaskPrior const prior(settings.task);
  Task task;
  std::vector<TaskRow> task_rows;
  std::vector<FitRow> fit_rows;
  for (std::int64_t id = 0; id < settings.eval.tasks; ++id) {
    bool is_sampled = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      // In turn by task and item, so that every rank has as much of every estimator.
      if ((id + static_cast<std::int64_t>(i)) % comm.size() != comm.rank()) continue;
      auto const task_id = static_cast<std::uint64_t>(id);
      if (!is_sampled) prior.sample(settings.eval.seed, Purpose::evaluation_tasks, task_id, task);
      is_sampled = true;
      if (i == 0) task_rows.push_back(task_row(task));
      EstimatorSpec const& spec = specs[items[i].estimator];
      StopWatch const watch;
      Fit const fit = spec.method == Method::transformer
                          ? run_transformer(model, task, settings.task.dim.high)
                          : run_baseline(spec, settings, task, instruction_set,
                                         {.seed = settings.eval.seed,
                                          .task_id = task_id,
                                          .count = items[i].n_restarts,
                                          .first = items[i].first_restart});
      fit_rows.push_back(fit_row(task, items[i], fit, watch.seconds()));
    }
    if (progress && comm.is_root()) progress(id + 1, settings.eval.tasks);
  }
  auto const all_tasks = gather_rows(comm, task_rows);
  auto const all_fits = gather_rows(comm, fit_rows);
  if (!comm.is_root()) return {};
  return table_of(specs, all_tasks, join_restarts(all_fits));
}

CurveRecord evaluate_curve_point(Settings const& settings, Communicator const& comm,
                                 Transformer<float>& model, std::int64_t step) {
  TaskPrior const prior(settings.task);
  std::int64_t const n_tasks = std::min(settings.train.evaluate_tasks, settings.eval.tasks);
  IndexRange const share = share_of_rank(n_tasks, comm.rank(), comm.size());
  std::vector<double> errors;
  for (std::int64_t id = share.begin; id < share.end; ++id) {
    Task const task =
        prior.sample(settings.eval.seed, Purpose::evaluation_tasks, static_cast<std::uint64_t>(id));
    Fit const fit = run_transformer(model, task, settings.task.dim.high);
    errors.push_back(clustering_error(task.labels, fit.labels, task.components()));
  }
  Moments const moments = moments_of(comm.gather(errors));
  return {
      .step = step, .error_mean = moments.mean(), .error_standard_error = moments.standard_error()};
}

}  // namespace tvem
