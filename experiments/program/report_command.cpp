
#include "experiments/program/command.hpp"
#include "experiments/report/comparison.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/sweep/report.hpp"
#include "experiments/sweep/results/collect.hpp"
#include "experiments/sweep/runs.hpp"
#include "experiments/sweep/stored_sweep.hpp"
#include "framework/core/text.hpp"
#include "io/durable/as_input.hpp"
#include "io/evaluation_file.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

/// Adds the baselines of the sweep that the run belongs to, if any.
void join_baselines(RunRecord& record, fs::path const& folder) {
  fs::path const parent = fs::absolute(folder).lexically_normal().parent_path();
  auto const sweep = stored_sweep(parent);
  if (!sweep || !record.evaluation) return;
  for (SweepRun const& run : runs_of(*sweep).runs) {
    if (!run.is_training || run.id != record.header.run_id) continue;
    fs::path const file = parent / run.baselines_file;
    if (!run.baselines_file.empty() && fs::is_regular_file(file))
      join(*record.evaluation, read_evaluation_file(file).evaluation);
    return;
  }
}

struct Form {
  bool is_csv;
  ReportParts parts;
};

template <class Record>
std::string text_of(Record const& record, Form form) {
  return form.is_csv ? report_csv(record) : report_table(record, form.parts);
}

/// Refuses our files that have no table, and says what to give.
void check_is_of_run(fs::path const& file) {
  std::string const type = file_type_of(file);
  if (type == "tvem run") return;
  std::string const what =
      type == "tvem sweep" ? "what tvem collect has made of a sweep; give the sweep's folder, "
                             "or open the file in xarray"
      : type == "tvem checkpoint" ? "a checkpoint; give the run's folder"
                                  : fmt::format("a \"{}\" file, without a table", type);
  throw ConfigurationError(fmt::format(
      "{} is {}; tvem report takes a run, an evaluation (of tvem evaluate) or a sweep's folder",
      file, what));
}

std::string report_of_sweep(fs::path const& folder, Sweep const& sweep, Form form) {
  if (form.parts.has_control)
    throw ConfigurationError("--control is for a run or an evaluation; give the folder of one run");
  CollectedSweep const collected = collect(folder, sweep, {});
  if (form.is_csv) return sweep_report_csv(collected.table);
  std::string warnings;
  for (auto const& warning : collected.warnings) warnings += "warning: " + warning + "\n";
  return warnings + sweep_report_table(collected.table);
}

/// The result file at a path: the path itself, or in a folder the file of a run or of baselines.
fs::path result_file(fs::path const& path) {
  fs::path const baselines = path / "evaluation.h5";
  bool const are_baselines = !fs::exists(path / "run.h5") && fs::is_regular_file(baselines);
  fs::path const file = !fs::is_directory(path) ? path
                        : are_baselines         ? baselines
                                                : path / "run.h5";
  if (fs::exists(file)) return file;
  throw ConfigurationError(fmt::format(
      "there is no run at {}; give the folder that tvem run or tvem sweep wrote, or a file", file));
}

std::string report_of_run(fs::path const& file, Form form) {
  RunRecord record = read_run_file(file);
  stored_settings(record.header, file);
  join_baselines(record, file.parent_path());
  auto const failure = failure_of(file.parent_path());
  bool const is_told = failure && !record.evaluation && !form.is_csv;
  return text_of(record, form) +
         (is_told ? fmt::format("the last start failed: {}\n", *failure) : "");
}

std::string report(fs::path const& path, Form form) {
  if (auto const sweep = stored_sweep(path)) return report_of_sweep(path, *sweep, form);
  fs::path const file = result_file(path);
  if (file_type_of(file) == "tvem evaluation") {
    EvaluationRecord const evaluation = read_evaluation_file(file);
    stored_settings(evaluation.header, file);
    return text_of(evaluation, form);
  }
  check_is_of_run(file);
  return report_of_run(file, form);
}

void check_goes_together(Form form) {
  if (form.is_csv && form.parts.has_control)
    throw ConfigurationError("--control is for the table in the terminal; leave out --csv");
}

ExitCode run(CommandContext const& context) {
  on_root(context.comm, [&] {
    auto const has = [&](char const* option) { return context.arguments.has(option); };
    Form const form{.is_csv = has("csv"),
                    .parts = {.has_detail = has("detail"), .has_control = has("control")}};
    check_goes_together(form);
    say(context.comm, as_input([&] { return report(context.arguments.rest[0], form); }));
  });
  return ExitCode::finished;
}

}  // namespace

Command report_command() {
  return {
      .name = "report",
      .summary = "show the comparison table of a run, an evaluation or a sweep",
      .usage = "tvem report PATH [--detail] [--control] | tvem report PATH --csv",
      .explanation =
          "The comparison table of a run (PATH: its folder or its run.h5), of an evaluation (the "
          "file of tvem\nevaluate) or of a sweep (its folder). Differences are paired: every "
          "method meets the same tasks. A run of a\nsweep is shown with the baselines of its "
          "tasks.\n",
      .options = {{"csv", "", "comma-separated values in full precision instead of the table"},
                  {"detail", "",
                   "a second table: excess over Bayes, quantiles, win rate, bootstrap, "
                   "parameters,\nfamilies"},
                  {"control", "",
                   "a table of errors with smaller standard errors: the Bayes error of the same "
                   "tasks is\ntheir control variate. It draws twenty times as many tasks"}},
      .takes = Takes::path,
      .run = &run};
}

}  // namespace tvem
