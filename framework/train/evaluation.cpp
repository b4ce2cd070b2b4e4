#include "tvem/train/evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "tvem/core/error.hpp"
#include "tvem/loss/permutation_cross_entropy.hpp"
#include "tvem/metrics/clustering.hpp"
#include "tvem/metrics/statistics.hpp"
#include "tvem/tasks/partition.hpp"

namespace tvem {
namespace {

/// A task's values in a rank's message: these, then `Field` values for each estimator.
enum TaskField : std::size_t { task_id, components, dim, points, bayes_raw, n_task_fields };
enum Field : std::size_t {
  error,
  ari,
  nmi,
  log_likelihood,
  seconds,
  iterations,
  collapsed_restarts,
  dead_components,
  status,
  n_fields
};

class StopWatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void append_task(std::vector<double>& row, Task const& task) {
  row.push_back(static_cast<double>(task.id));
  row.push_back(task.components());
  row.push_back(task.mixture.dim());
  row.push_back(task.n_points());
  row.push_back(labelled_error(task.labels, map_labels(task.mixture, task.points)));
}

void append_fit(std::vector<double>& row, Task const& task, Fit const& fit, double seconds_taken) {
  int const k = task.components();
  row.push_back(clustering_error(task.labels, fit.labels, k));
  row.push_back(adjusted_rand_index(task.labels, fit.labels, k));
  row.push_back(normalized_mutual_information(task.labels, fit.labels, k));
  row.push_back(fit.log_likelihood);
  row.push_back(seconds_taken);
  row.push_back(fit.total_iterations);
  row.push_back(fit.n_collapsed);
  row.push_back(fit.n_dead);
  row.push_back(static_cast<double>(fit.status));
}

Evaluation table_of(std::vector<EstimatorSpec> const& specs, std::vector<double> const& rows,
                    std::size_t n_tasks) {
  Evaluation table;
  std::size_t const row_size = n_task_fields + specs.size() * n_fields;
  TVEM_CHECK(rows.size() == n_tasks * row_size, "the evaluation lost a task");
  for (auto const name : enum_names<FitStatus>) table.status_names.emplace_back(name);
  for (auto const& spec : specs) table.estimators.push_back(spec.text);
  for (std::size_t t = 0; t < n_tasks; ++t) {
    double const* row = rows.data() + t * row_size;
    table.task_ids.push_back(static_cast<std::int64_t>(row[task_id]));
    table.components.push_back(static_cast<int>(row[components]));
    table.dim.push_back(static_cast<int>(row[dim]));
    table.points.push_back(static_cast<int>(row[points]));
    table.bayes_error_raw.push_back(row[bayes_raw]);
  }
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (std::size_t t = 0; t < n_tasks; ++t) {
      double const* fit = rows.data() + t * row_size + n_task_fields + e * n_fields;
      table.error.push_back(fit[error]);
      table.ari.push_back(fit[ari]);
      table.nmi.push_back(fit[nmi]);
      table.log_likelihood.push_back(fit[log_likelihood]);
      table.seconds.push_back(fit[seconds]);
      table.iterations.push_back(static_cast<int>(fit[iterations]));
      table.collapsed_restarts.push_back(static_cast<int>(fit[collapsed_restarts]));
      table.dead_components.push_back(static_cast<int>(fit[dead_components]));
      table.status.push_back(static_cast<int>(fit[status]));
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
                    EvaluationProgress const& progress) {
  auto const specs = parse_estimators(settings);
  TaskPrior const prior(settings.task);
  IndexRange const share = share_of_rank(settings.eval.tasks, comm.rank(), comm.size());
  std::vector<double> rows;
  for (std::int64_t id = share.begin; id < share.end; ++id) {
    Task const task =
        prior.sample(settings.eval.seed, Purpose::evaluation_tasks, static_cast<std::uint64_t>(id));
    append_task(rows, task);
    for (EstimatorSpec const& spec : specs) {
      StopWatch const watch;
      Fit const fit = spec.method == Method::transformer
                          ? run_transformer(model, task, settings.task.dim.high)
                          : run_baseline(spec, task, settings.eval.seed);
      append_fit(rows, task, fit, watch.seconds());
    }
    if (progress && comm.is_root()) progress(id - share.begin + 1, share.size());
  }
  std::vector<double> const all = comm.gather(rows);
  if (!comm.is_root()) return {};
  return table_of(specs, all, static_cast<std::size_t>(settings.eval.tasks));
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
