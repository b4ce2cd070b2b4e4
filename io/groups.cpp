#include "tvem/io/groups.hpp"

#include "tvem/core/build_info.hpp"
#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"
#include "tvem/metrics/statistics.hpp"

namespace tvem {
namespace {

/// One member of every record, as a column.
template <class T, class Record>
std::vector<T> column(std::vector<Record> const& records, T Record::*member) {
  std::vector<T> values;
  for (Record const& record : records) values.push_back(record.*member);
  return values;
}

template <class T, class Record>
void write_column(Hdf5Group const& group, std::string const& name,
                  std::vector<Record> const& records, T Record::*member,
                  std::string const& dimension, Hdf5Description const& description) {
  std::vector<T> const values = column(records, member);
  group.write(name, std::span<T const>(values), {dimension}, description);
}

template <class Record>
void write_text_column(Hdf5Group const& group, std::string const& name,
                       std::vector<Record> const& records, std::string Record::*member,
                       std::string const& dimension, std::string const& long_name) {
  group.write(name, column(records, member), dimension, {long_name, ""});
}

/// Fills one member of every record from a column; makes the records when there are none yet.
template <class T, class Record>
void read_column(Hdf5Group const& group, std::string const& name, std::vector<Record>& records,
                 T Record::*member) {
  std::vector<T> values;
  if constexpr (std::is_same_v<T, std::string>)
    values = group.read_text(name);
  else
    values = group.read<T>(name);
  if (records.empty()) records.resize(values.size());
  if (values.size() != records.size()) throw Error("column " + name + " has another length");
  for (std::size_t i = 0; i < values.size(); ++i) records[i].*member = values[i];
}

void write_provenance(Hdf5Group const& root, std::vector<ProvenanceRecord> const& starts) {
  using R = ProvenanceRecord;
  Hdf5Group const group = root.create_group("provenance");
  group.write_dimension("start", starts.size());
  auto const text = [&](char const* name, std::string R::*member, char const* long_name) {
    write_text_column(group, name, starts, member, "start", long_name);
  };
  text("started_utc", &R::started_utc, "time of the start, ISO 8601, UTC");
  text("host", &R::host, "host of rank 0");
  write_column(group, "ranks", starts, &R::ranks, "start", {"number of MPI ranks"});
  text("program_version", &R::program_version, "version of tvem");
  text("git_revision", &R::git_revision, "revision that tvem was built from");
  text("build", &R::build, "compiler, build type and flags");
  text("libraries", &R::libraries, "versions of the libraries");
  text("instruction_set", &R::instruction_set, "instruction set of the kernels");
  text("command", &R::command, "command line");
}

std::vector<ProvenanceRecord> read_provenance(Hdf5Group const& root) {
  using R = ProvenanceRecord;
  Hdf5Group const group = root.open_group("provenance");
  std::vector<R> starts;
  read_column(group, "started_utc", starts, &R::started_utc);
  read_column(group, "host", starts, &R::host);
  read_column(group, "ranks", starts, &R::ranks);
  read_column(group, "program_version", starts, &R::program_version);
  read_column(group, "git_revision", starts, &R::git_revision);
  read_column(group, "build", starts, &R::build);
  read_column(group, "libraries", starts, &R::libraries);
  read_column(group, "instruction_set", starts, &R::instruction_set);
  read_column(group, "command", starts, &R::command);
  return starts;
}

}  // namespace

// ---- header
// -----------------------------------------------------------------------------------------

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

FileHeader read_header(Hdf5Group const& root, std::string const& file_type,
                       std::string const& path) {
  std::string const found = root.text_attribute("file_type");
  if (found != file_type)
    throw Error(path + " is a \"" + found + "\" file, where a \"" + file_type +
                "\" file is needed");
  std::int64_t const version = root.integer_attribute("schema_version");
  if (version != schema_version)
    throw Error(path + " has schema version " + std::to_string(version) + ", written by tvem " +
                root.text_attribute("program_version") + "; this program reads version " +
                std::to_string(schema_version) + ": use the program that wrote it");
  return {.run_id = root.text_attribute("run_id"),
          .config_text = root.open_group("config").text_attribute("text"),
          .created_utc = root.text_attribute("created_utc"),
          .provenance = read_provenance(root)};
}

// ---- training
// ---------------------------------------------------------------------------------------

void write_training(Hdf5Group const& root, std::vector<StepRecord> const& steps) {
  using R = StepRecord;
  Hdf5Group const group = root.create_group("training");
  auto const step = column(steps, &R::step);
  group.write_coordinate("step", std::span<std::int64_t const>(step), {"training step, from 0"});
  write_column(
      group, "loss_mean", steps, &R::loss_mean, "step",
      {"permutation-invariant cross-entropy per point, mean over the step's tasks (nats)"});
  write_column(group, "error_mean", steps, &R::error_mean, "step",
               {"misclustering error, mean over the step's fresh tasks, before the update"});
  write_column(group, "rate", steps, &R::rate, "step", {"learning rate"});
  write_column(group, "gradient_norm", steps, &R::gradient_norm, "step",
               {"norm of the mean gradient, before clipping"});
  write_column(group, "quantum_exponent", steps, &R::quantum_exponent, "step",
               {"e of the quantum 2^e of the reproducible sum; 0 for parallel.reduction = fast"});
}

std::vector<StepRecord> read_training(Hdf5Group const& root) {
  using R = StepRecord;
  Hdf5Group const group = root.open_group("training");
  std::vector<R> steps;
  read_column(group, "step", steps, &R::step);
  read_column(group, "loss_mean", steps, &R::loss_mean);
  read_column(group, "error_mean", steps, &R::error_mean);
  read_column(group, "rate", steps, &R::rate);
  read_column(group, "gradient_norm", steps, &R::gradient_norm);
  read_column(group, "quantum_exponent", steps, &R::quantum_exponent);
  return steps;
}

void write_learning_curve(Hdf5Group const& root, std::vector<CurveRecord> const& curve) {
  using R = CurveRecord;
  Hdf5Group const group = root.create_group("learning_curve");
  auto const step = column(curve, &R::step);
  group.write_coordinate("step", std::span<std::int64_t const>(step), {"optimiser updates done"});
  write_column(group, "error_mean", curve, &R::error_mean, "step",
               {"misclustering error of the Transformer, mean over evaluation tasks"});
  write_column(group, "error_standard_error", curve, &R::error_standard_error, "step",
               {"standard error of error_mean over tasks"});
}

std::vector<CurveRecord> read_learning_curve(Hdf5Group const& root) {
  using R = CurveRecord;
  Hdf5Group const group = root.open_group("learning_curve");
  std::vector<R> curve;
  read_column(group, "step", curve, &R::step);
  read_column(group, "error_mean", curve, &R::error_mean);
  read_column(group, "error_standard_error", curve, &R::error_standard_error);
  return curve;
}

// ---- evaluation
// -------------------------------------------------------------------------------------

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
}

void write_status(Hdf5Group const& group, Evaluation const& table) {
  std::vector<std::int8_t> const status(table.status.begin(), table.status.end());
  group.write("status", std::span<std::int8_t const>(status), {"estimator", "task"},
              {"how the estimator ended on the task, a position in flag_meanings", ""});
  std::string meanings;
  for (auto const& name : table.status_names) meanings += (meanings.empty() ? "" : " ") + name;
  group.set_member_attribute("status", "flag_meanings", meanings);
}

}  // namespace

void write_evaluation(Hdf5Group const& root, Evaluation const& table) {
  Hdf5Group const group = root.create_group("evaluation");
  group.write_coordinate("estimator", table.estimators, {"specification of the estimator", ""});
  group.write_coordinate("task", std::span<std::int64_t const>(table.task_ids),
                         {"id of the evaluation task, under eval.seed", ""});
  write_task_columns(group, table);
  write_metric(group, "error", table.error, table,
               {"misclustering error, the minimum over permutations of the labels"});
  write_metric(group, "ari", table.ari, table, {"adjusted Rand index"});
  write_metric(group, "nmi", table.nmi, table,
               {"normalised mutual information, arithmetic mean of the entropies"});
  write_metric(
      group, "log_likelihood", table.log_likelihood, table,
      {"mean log-likelihood per point on the task's points (nats); NaN without a mixture"});
  write_metric(group, "seconds", table.seconds, table, {"wall-clock time on the task", "s"});
  group.write("iterations", std::span<int const>(table.iterations), {"estimator", "task"},
              {"iterations, over all restarts"});
  group.write("collapsed_restarts", std::span<int const>(table.collapsed_restarts),
              {"estimator", "task"}, {"restarts that ended with a variance at the floor"});
  group.write("dead_components", std::span<int const>(table.dead_components), {"estimator", "task"},
              {"components that lost all their points and were started again, over all restarts"});
  write_status(group, table);
}

Evaluation read_evaluation(Hdf5Group const& root) {
  Hdf5Group const group = root.open_group("evaluation");
  Evaluation table;
  table.estimators = group.read_text("estimator");
  table.task_ids = group.read<std::int64_t>("task");
  table.components = group.read<int>("components");
  table.dim = group.read<int>("dim");
  table.points = group.read<int>("points");
  table.bayes_error_raw = group.read<double>("bayes_error_raw");
  table.error = group.read<double>("error");
  table.ari = group.read<double>("ari");
  table.nmi = group.read<double>("nmi");
  table.log_likelihood = group.read<double>("log_likelihood");
  table.seconds = group.read<double>("seconds");
  table.iterations = group.read<int>("iterations");
  table.collapsed_restarts = group.read<int>("collapsed_restarts");
  table.dead_components = group.read<int>("dead_components");
  table.status = group.read<int>("status");
  table.status_names = split(group.member_text_attribute("status", "flag_meanings"), ' ');
  return table;
}

}  // namespace tvem
