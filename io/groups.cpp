#include "tvem/io/groups.hpp"

#include <numeric>

#include "tvem/core/build_info.hpp"
#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"
#include "tvem/io/columns.hpp"
#include "tvem/metrics/statistics.hpp"

namespace tvem {
namespace {

constexpr std::int64_t largest_chunk = 1'000'000;  // as parallel.chunk has it
constexpr double longest_training_s = 1e12;        // wall clock

using Start = ProvenanceRecord;
constexpr std::tuple provenance_columns{
    Column{"started_utc", &Start::started_utc, "time of the start, ISO 8601, UTC"},
    Column{"host", &Start::host, "host of rank 0"},
    Column{"ranks", &Start::ranks, "number of MPI ranks"},
    Column{"program_version", &Start::program_version, "version of tvem"},
    Column{"git_revision", &Start::git_revision, "revision that tvem was built from"},
    Column{"build", &Start::build, "compiler, build type and flags"},
    Column{"libraries", &Start::libraries, "versions of the libraries"},
    Column{"instruction_set", &Start::instruction_set, "instruction set of the kernels"},
    Column{"command", &Start::command, "command line"}};

constexpr std::tuple step_columns{
    Column{"step", &StepRecord::step, "training step, from 0"},
    Column{"loss_mean", &StepRecord::loss_mean, "the loss loss.kind, mean over the step's tasks"},
    Column{"error_mean", &StepRecord::error_mean,
           "misclustering error, mean over the step's fresh tasks, before the update"},
    Column{"rate", &StepRecord::rate, "learning rate"},
    Column{"gradient_norm", &StepRecord::gradient_norm,
           "norm of the mean gradient, before clipping"},
    Column{"quantum_exponent", &StepRecord::quantum_exponent,
           "e of the quantum 2^e of the reproducible sum; 0 for parallel.reduction = fast"}};

constexpr std::tuple curve_columns{
    Column{"step", &CurveRecord::step, "optimiser updates done"},
    Column{"error_mean", &CurveRecord::error_mean,
           "misclustering error of the Transformer, mean over evaluation tasks"},
    Column{"error_standard_error", &CurveRecord::error_standard_error,
           "standard error of error_mean over tasks"}};

void write_provenance(Hdf5Group const& root, std::vector<ProvenanceRecord> const& starts) {
  Hdf5Group const group = root.create_group("provenance");
  group.write_dimension("start", starts.size());
  write_columns(group, starts, provenance_columns, "start");
}

}  // namespace

// ---- header

void write_header(Hdf5Group const& root, std::string const& file_type, FileHeader const& header) {
  root.set_attribute("file_type", file_type);
  root.set_attribute("schema_version", schema_version);
  root.set_attribute("program_version", build_info().version);
  root.set_attribute("git_revision", build_info().git_revision);
  root.set_attribute("created_utc", header.created_utc);
  root.set_attribute("run_id", header.run_id);
  root.create_group("config").set_attribute("text", header.config_text);
  write_provenance(root, header.provenance);
}

FileHeader read_header(StoredGroup const& root, std::string const& file_type,
                       std::string const& path) {
  std::string const found = root.text_attribute("file_type");
  if (found != file_type)
    throw Error(path + " is a \"" + found + "\" file, where a \"" + file_type +
                "\" file is needed");
  std::int64_t const version = root.integer_attribute("schema_version");
  if (version < 1 || version > schema_version)
    throw Error(path + " has schema version " + std::to_string(version) + ", written by tvem " +
                root.text_attribute("program_version") + "; this program reads versions 1.." +
                std::to_string(schema_version) + ": use the program that wrote it");
  return {.run_id = root.text_attribute("run_id"),
          .config_text = root.open_group("config").text_attribute("text"),
          .created_utc = root.text_attribute("created_utc"),
          .provenance = read_columns(root.open_group("provenance"), provenance_columns)};
}

// ---- training

std::int64_t read_count(StoredGroup const& group, std::string const& attribute) {
  std::int64_t const count = group.integer_attribute(attribute);
  group.check(count >= 0, attribute + " " + std::to_string(count) + " is negative");
  return count;
}

int read_chunk(StoredGroup const& group) {
  std::int64_t const chunk = group.integer_attribute("chunk");
  group.check(chunk >= 1 && chunk <= largest_chunk,
              "no chunk has " + std::to_string(chunk) + " tasks");
  return static_cast<int>(chunk);
}

double read_training_seconds(StoredGroup const& group) {
  double const seconds = group.real_attribute("training_seconds");
  group.check(seconds >= 0 && seconds < longest_training_s, "training_seconds is no such time");
  return seconds;
}

void write_training(Hdf5Group const& root, std::vector<StepRecord> const& steps) {
  write_columns(root.create_group("training"), steps, step_columns, "step");
}

std::vector<StepRecord> read_training(StoredGroup const& root, std::int64_t n_steps) {
  StoredGroup const group = root.open_group("training");
  auto steps = read_columns(group, step_columns);
  bool are_all = static_cast<std::int64_t>(steps.size()) == n_steps;
  for (std::size_t i = 0; i < steps.size(); ++i)
    are_all = are_all && steps[i].step == static_cast<std::int64_t>(i);
  group.check(are_all, "these are not the records of " + std::to_string(n_steps) + " steps");
  return steps;
}

void write_learning_curve(Hdf5Group const& root, std::vector<CurveRecord> const& curve) {
  write_columns(root.create_group("learning_curve"), curve, curve_columns, "step");
}

std::vector<CurveRecord> read_learning_curve(StoredGroup const& root, std::int64_t n_steps) {
  StoredGroup const group = root.open_group("learning_curve");
  auto curve = read_columns(group, curve_columns);
  std::int64_t last = -1;
  for (CurveRecord const& point : curve) {
    group.check(point.step > last && point.step <= n_steps,
                "step " + std::to_string(point.step) + " is not after the one before, or beyond " +
                    std::to_string(n_steps));
    last = point.step;
  }
  return curve;
}

// ---- evaluation

namespace {

/// An array over (estimator, task), and over estimator what merges: sum, sum of squares, counts.
void write_metric(Hdf5Group const& group, std::string const& name,
                  std::vector<double> const& values, Evaluation const& table,
                  Hdf5Description const& description) {
  group.write(name, std::span<double const>(values), {"estimator", "task"}, description);
  std::vector<double> sums, square_sums;
  std::vector<std::int64_t> counts, nan_counts;
  for (std::size_t e = 0; e < table.estimators.size(); ++e) {
    Moments const moments = moments_of(table.row(values, e));
    sums.push_back(moments.sum);
    square_sums.push_back(moments.square_sum);
    counts.push_back(moments.count);
    nan_counts.push_back(moments.n_nan);
  }
  std::string const squared_units = description.units == "1" ? "1" : description.units + "2";
  group.write(name + "_sum", std::span<double const>(sums), {"estimator"},
              {"sum over tasks of " + name, description.units});
  group.write(name + "_square_sum", std::span<double const>(square_sums), {"estimator"},
              {"sum over tasks of " + name + " squared", squared_units});
  group.write(name + "_count", std::span<std::int64_t const>(counts), {"estimator"},
              {"number of tasks in " + name + "_sum"});
  group.write(name + "_nan_count", std::span<std::int64_t const>(nan_counts), {"estimator"},
              {"number of tasks without a value of " + name});
}

void write_task_columns(Hdf5Group const& group, Evaluation const& table) {
  group.write("components", std::span<int const>(table.components), {"task"},
              {"number of components k of the task"});
  group.write("dim", std::span<int const>(table.dim), {"task"}, {"dimension of the task"});
  group.write("points", std::span<int const>(table.points), {"task"}, {"points of the task"});
  group.write("bayes_error_raw", std::span<double const>(table.bayes_error_raw), {"task"},
              {"error of the MAP rule with the true mixture, labels as named (no permutation)"});
  group.write("bayes_error", std::span<double const>(table.bayes_error), {"task"},
              {"the same, minimum over permutations of the labels"});
}

void write_status(Hdf5Group const& group, Evaluation const& table) {
  std::vector<std::int8_t> const status(table.status.begin(), table.status.end());
  group.write("status", std::span<std::int8_t const>(status), {"estimator", "task"},
              {"how the estimator ended on the task, a position in flag_meanings", ""});
  std::string meanings;
  for (auto const& name : table.status_names) meanings += (meanings.empty() ? "" : " ") + name;
  group.set_member_attribute("status", "flag_meanings", meanings);
}

void write_trace(Hdf5Group const& group, Evaluation const& table) {
  std::vector<std::int64_t> iterations(table.n_iterations());
  std::iota(iterations.begin(), iterations.end(), std::int64_t{0});
  group.write_coordinate("iteration", std::span<std::int64_t const>(iterations),
                         {"iterations done by the restart that was kept"});
  auto const write = [&](char const* name, std::vector<double> const& values,
                         char const* long_name) {
    group.write(name, std::span<double const>(values), {"estimator", "iteration"}, {long_name});
  };
  write("trace_error_mean", table.trace_error_mean,
        "misclustering error after so many iterations, mean over tasks; NaN without iterations");
  write("trace_error_standard_error", table.trace_error_standard_error,
        "its standard error over tasks");
  write("trace_log_likelihood_mean", table.trace_log_likelihood_mean,
        "mean log-likelihood per point after so many iterations, mean over tasks (nats)");
}

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
    tasks(table_.components, "components");
    tasks(table_.dim, "dim");
    tasks(table_.points, "points");
    tasks(table_.bayes_error_raw, "bayes_error_raw");
    tasks(table_.bayes_error, "bayes_error");
    for (EvaluationMetric const& metric : evaluation_metrics)
      results(table_.*metric.values, metric.name, table_.n_tasks());
    results(table_.iterations, "iterations", table_.n_tasks());
    results(table_.collapsed_restarts, "collapsed_restarts", table_.n_tasks());
    results(table_.dead_components, "dead_components", table_.n_tasks());
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

void write_evaluation(Hdf5Group const& root, Evaluation const& table) {
  Hdf5Group const group = root.create_group("evaluation");
  group.write_coordinate("estimator", table.estimators, {"specification of the estimator", ""});
  group.write_coordinate("task", std::span<std::int64_t const>(table.task_ids),
                         {"id of the evaluation task, under eval.seed", ""});
  write_task_columns(group, table);
  for (EvaluationMetric const& metric : evaluation_metrics)
    write_metric(group, metric.name, table.*metric.values, table, {metric.long_name, metric.units});
  group.write("iterations", std::span<int const>(table.iterations), {"estimator", "task"},
              {"iterations, over all restarts"});
  group.write("collapsed_restarts", std::span<int const>(table.collapsed_restarts),
              {"estimator", "task"}, {"restarts that ended with a variance at the floor"});
  group.write("dead_components", std::span<int const>(table.dead_components), {"estimator", "task"},
              {"components that lost all their points and were started again, or stayed without, "
               "over all restarts"});
  write_status(group, table);
  if (table.n_iterations() > 0) write_trace(group, table);
}

Evaluation read_evaluation(StoredGroup const& root) {
  StoredGroup const group = root.open_group("evaluation");
  return EvaluationReader(group).read();
}

}  // namespace tvem
