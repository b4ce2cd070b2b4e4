#include "io/groups.hpp"

#include "framework/core/build_info.hpp"
#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "io/hdf5/columns.hpp"

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
    throw Error(
        fmt::format("{} is a \"{}\" file, where a \"{}\" file is needed", path, found, file_type));
  std::int64_t const version = root.integer_attribute("schema_version");
  if (version < 1 || version > schema_version)
    throw Error(fmt::format(
        "{} has schema version {}, written by tvem {}; this program reads versions 1..{}: use the "
        "program that wrote it",
        path, version, root.text_attribute("program_version"), schema_version));
  return {.run_id = root.text_attribute("run_id"),
          .config_text = root.open_group("config").text_attribute("text"),
          .created_utc = root.text_attribute("created_utc"),
          .provenance = read_columns(root.open_group("provenance"), provenance_columns)};
}

std::int64_t read_count(StoredGroup const& group, std::string const& attribute) {
  std::int64_t const count = group.integer_attribute(attribute);
  group.check(count >= 0, fmt::format("{} {} is negative", attribute, count));
  return count;
}

int read_chunk(StoredGroup const& group) {
  std::int64_t const chunk = group.integer_attribute("chunk");
  group.check(chunk >= 1 && chunk <= largest_chunk, fmt::format("no chunk has {} tasks", chunk));
  return as_count(chunk);
}

double read_training_seconds(StoredGroup const& group) {
  double const seconds = group.real_attribute("training_seconds");
  group.check(seconds >= 0 && seconds < longest_training_s,
              "training_seconds is not the time of a training");
  return seconds;
}

void write_training(Hdf5Group const& root, std::span<StepRecord const> steps) {
  write_columns(root.create_group("training"), steps, step_columns, "step");
}

std::vector<StepRecord> read_training(StoredGroup const& root, std::int64_t first) {
  StoredGroup const group = root.open_group("training");
  auto steps = read_columns(group, step_columns);
  std::int64_t expected = first;
  for (StepRecord const& step : steps)
    group.check(step.step == expected++,
                fmt::format("these are not the records of the steps from {} on", first));
  return steps;
}

void check_count(StoredGroup const& root, std::int64_t n_records, std::int64_t n_steps) {
  root.check(n_records == n_steps, fmt::format("these are not the records of {} steps", n_steps));
}

void write_learning_curve(Hdf5Group const& root, std::vector<CurveRecord> const& curve) {
  write_columns(root.create_group("learning_curve"), curve, curve_columns, "step");
}

std::vector<CurveRecord> read_learning_curve(StoredGroup const& root, std::int64_t n_steps) {
  StoredGroup const group = root.open_group("learning_curve");
  auto curve = read_columns(group, curve_columns);
  std::int64_t last = -1;
  for (CurveRecord const& point : curve) {
    group.check(
        point.step > last && point.step <= n_steps,
        fmt::format("step {} is not after the one before, or beyond {}", point.step, n_steps));
    last = point.step;
  }
  return curve;
}

}  // namespace tvem
