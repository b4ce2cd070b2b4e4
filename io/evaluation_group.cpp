#include "io/evaluation_group.hpp"

#include <numeric>
#include <optional>
#include <tuple>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

/// An array over (estimator, task) of counts.
struct EvaluationCount {
  char const* name;
  std::vector<int> Evaluation::*values;
  char const* long_name;
};

constexpr EvaluationCount evaluation_counts[] = {
    {"iterations", &Evaluation::iterations, "iterations, over all restarts"},
    {"collapsed_restarts", &Evaluation::collapsed_restarts,
     "restarts that ended with a variance at the floor"},
    {"dead_components", &Evaluation::dead_components,
     "components that lost all their points and were started again, or stayed without, over all "
     "restarts"}};

/// An array over task.
template <class T>
struct TaskColumn {
  char const* name;
  std::vector<T> Evaluation::*values;
  char const* long_name;
};

constexpr std::tuple task_columns{
    TaskColumn<int>{"components", &Evaluation::components, "number of components k of the task"},
    TaskColumn<int>{"dim", &Evaluation::dim, "dimension of the task"},
    TaskColumn<int>{"points", &Evaluation::points, "points of the task"},
    TaskColumn<double>{
        "bayes_error_raw", &Evaluation::bayes_error_raw,
        "error of the MAP rule with the true mixture, labels as named (no permutation)"},
    TaskColumn<double>{"bayes_error", &Evaluation::bayes_error,
                       "the same, minimum over permutations of the labels"}};

/// Does `work` with every column of tasks.
template <class Work>
void for_task_columns(Work const& work) {
  std::apply([&](auto const&... column) { (work(column), ...); }, task_columns);
}

/// Writes one table after another into arrays over (estimator, task), and over estimator what
/// merges: sum, sum of squares, counts.
class EvaluationWriter {
 public:
  EvaluationWriter(Hdf5Group const& root, Evaluation const& first, std::size_t n_tasks)
      : group_(root.create_group("evaluation")),
        n_tasks_(n_tasks),
        moments_(std::size(evaluation_metrics) * first.estimators.size()) {
    group_.write_coordinate("estimator", first.estimators, {"specification of the estimator", ""});
    group_.create_coordinate<std::int64_t>("task", n_tasks,
                                           {"id of the evaluation task, under eval.seed", ""});
    for_task_columns([&]<class T>(TaskColumn<T> const& column) {
      group_.create<T>(column.name, {"task"}, {column.long_name});
    });
    for (EvaluationMetric const& metric : evaluation_metrics)
      group_.create<double>(metric.name, {"estimator", "task"}, {metric.long_name, metric.units});
    for (EvaluationCount const& count : evaluation_counts)
      group_.create<int>(count.name, {"estimator", "task"}, {count.long_name});
    group_.create<std::int8_t>(
        "status", {"estimator", "task"},
        {"how the estimator ended on the task, a position in flag_meanings", ""});
    std::string meanings;
    for (auto const& name : first.status_names) meanings += (meanings.empty() ? "" : " ") + name;
    group_.set_member_attribute("status", "flag_meanings", meanings);
  }

  void add(Evaluation const& table) {
    part("task", table.task_ids);
    for_task_columns([&](auto const& column) { part(column.name, table.*column.values); });
    for (std::size_t m = 0; m < std::size(evaluation_metrics); ++m) {
      part(evaluation_metrics[m].name, table.*evaluation_metrics[m].values);
      add_moments(m, table);
    }
    for (EvaluationCount const& count : evaluation_counts) part(count.name, table.*count.values);
    part("status", std::vector<std::int8_t>(table.status.begin(), table.status.end()));
    n_done_ += table.n_tasks();
    trace_.estimators = table.estimators;
    trace_.trace_error_mean = table.trace_error_mean;
    trace_.trace_error_standard_error = table.trace_error_standard_error;
    trace_.trace_log_likelihood_mean = table.trace_log_likelihood_mean;
  }

  void finish() {
    TVEM_CHECK(n_done_ == n_tasks_, "the evaluation has lost a task");
    for (std::size_t m = 0; m < std::size(evaluation_metrics); ++m) write_moments(m);
    if (trace_.n_iterations() > 0) write_trace();
  }

 private:
  template <class T>
  void part(char const* name, std::vector<T> const& values) {
    group_.write_part(name, n_done_, std::span<T const>(values));
  }
  void add_moments(std::size_t metric, Evaluation const& table) {
    auto const& values = table.*evaluation_metrics[metric].values;
    for (std::size_t i = 0; i < values.size(); ++i)
      moments_[metric * table.estimators.size() + i / table.n_tasks()].add(values[i]);
  }
  void write_moments(std::size_t metric) {
    auto const& [name_text, values, long_name, units_text] = evaluation_metrics[metric];
    std::string const name = name_text, units = units_text;
    std::vector<double> sums, square_sums;
    std::vector<std::int64_t> counts, nan_counts;
    std::size_t const n_estimators = trace_.estimators.size();
    for (std::size_t e = 0; e < n_estimators; ++e) {
      Moments const& moments = moments_[metric * n_estimators + e];
      sums.push_back(moments.sum);
      square_sums.push_back(moments.square_sum);
      counts.push_back(moments.count);
      nan_counts.push_back(moments.n_nan);
    }
    group_.write(name + "_sum", std::span<double const>(sums), {"estimator"},
                 {"sum over tasks of " + name, units});
    group_.write(name + "_square_sum", std::span<double const>(square_sums), {"estimator"},
                 {"sum over tasks of " + name + " squared", units == "1" ? "1" : units + "2"});
    group_.write(name + "_count", std::span<std::int64_t const>(counts), {"estimator"},
                 {"number of tasks in " + name + "_sum"});
    group_.write(name + "_nan_count", std::span<std::int64_t const>(nan_counts), {"estimator"},
                 {"number of tasks without a value of " + name});
  }
  void write_trace() {
    std::vector<std::int64_t> iterations(trace_.n_iterations());
    std::iota(iterations.begin(), iterations.end(), std::int64_t{0});
    group_.write_coordinate("iteration", std::span<std::int64_t const>(iterations),
                            {"iterations done by the restart that was kept"});
    auto const write = [&](char const* name, std::vector<double> const& values,
                           char const* long_name) {
      group_.write(name, std::span<double const>(values), {"estimator", "iteration"}, {long_name});
    };
    write("trace_error_mean", trace_.trace_error_mean,
          "misclustering error after so many iterations, mean over tasks; NaN without iterations");
    write("trace_error_standard_error", trace_.trace_error_standard_error,
          "its standard error over tasks");
    write("trace_log_likelihood_mean", trace_.trace_log_likelihood_mean,
          "mean log-likelihood per point after so many iterations, mean over tasks (nats)");
  }

  Hdf5Group group_;
  std::size_t n_tasks_, n_done_ = 0;
  std::vector<Moments> moments_;  // [metric * estimators + estimator]
  Evaluation trace_;              // of the last table, and its estimators
};

/// Reads arrays over (estimator, task), all of the size that the first two say.
class EvaluationReader {
 public:
  explicit EvaluationReader(StoredGroup const& group) : group_(group) {
    table_.estimators = group.read_text("estimator");
    table_.task_ids = group.read<std::int64_t>("task");
    group.check(!table_.estimators.empty() && !table_.task_ids.empty(),
                "there is no estimator, or no task");
  }

  Evaluation read() {
    for_task_columns([&](auto const& column) { tasks(table_.*column.values, column.name); });
    for (EvaluationMetric const& metric : evaluation_metrics)
      results(table_.*metric.values, metric.name, table_.n_tasks());
    for (EvaluationCount const& count : evaluation_counts)
      results(table_.*count.values, count.name, table_.n_tasks());
    read_status();
    if (group_.has("trace_error_mean")) read_trace();
    return std::move(table_);
  }

 private:
  template <class T>
  void tasks(std::vector<T>& values, char const* name) {
    values = group_.read<T>(name, {table_.n_tasks()});
  }
  template <class T>
  void results(std::vector<T>& values, char const* name, std::size_t n) {
    values = group_.read<T>(name, {table_.estimators.size(), n});
  }
  void read_status() {
    std::vector<std::int8_t> status;
    results(status, "status", table_.n_tasks());
    table_.status_names = split(group_.member_text_attribute("status", "flag_meanings"), ' ');
    auto const n_names = static_cast<int>(table_.status_names.size());
    for (int const position : status)
      group_.check(position >= 0 && position < n_names,
                   "status " + std::to_string(position) + " has no word in flag_meanings");
    table_.status.assign(status.begin(), status.end());
  }
  void read_trace() {
    std::size_t const n = group_.read<std::int64_t>("iteration").size();
    group_.check(n > 0, "the trace has no iterations");
    results(table_.trace_error_mean, "trace_error_mean", n);
    results(table_.trace_error_standard_error, "trace_error_standard_error", n);
    results(table_.trace_log_likelihood_mean, "trace_log_likelihood_mean", n);
  }

  StoredGroup const& group_;
  Evaluation table_;
};

}  // namespace

EvaluationSource source_of(Evaluation const& table) {
  return {.n_tasks = table.n_tasks(), .give_tables = [&table](auto const& take) { take(table); }};
}

void write_evaluation(Hdf5Group const& root, EvaluationSource const& evaluation) {
  std::optional<EvaluationWriter> writer;
  evaluation.give_tables([&](Evaluation const& table) {
    if (!writer) writer.emplace(root, table, evaluation.n_tasks);
    writer->add(table);
  });
  TVEM_CHECK(writer.has_value(), "an evaluation without tasks");
  writer->finish();
}

Evaluation read_evaluation(StoredGroup const& root) {
  StoredGroup const group = root.open_group("evaluation");
  return EvaluationReader(group).read();
}

}  // namespace tvem
