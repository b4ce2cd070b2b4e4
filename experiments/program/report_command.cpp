
#include "experiments/program/command.hpp"
#include "experiments/report/comparison.hpp"
#include "experiments/report/join.hpp"
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

enum class Layout { terminal, csv, latex };

struct Form {
  Layout layout;
  ReportParts parts;
};

template <class Record>
std::string text_of(Record const& record, Form form) {
  if (form.layout == Layout::csv) return report_csv(record);
  if (form.layout == Layout::latex) return report_latex(record);
  return report_table(record, form.parts);
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
  if (form.parts.has_control || form.parts.has_detail)
    throw ConfigurationError(
        fmt::format("--{} is for a run or an evaluation; give the folder of one run",
                    form.parts.has_control ? "control" : "detail"));
  CollectedSweep const collected = collect(folder, sweep, {});
  if (form.layout == Layout::csv) return sweep_report_csv(collected.table);
  if (form.layout == Layout::latex) return sweep_report_latex(collected.table);
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
  bool const is_told = failure && !record.evaluation && form.layout == Layout::terminal;
  return text_of(record, form) +
         (is_told ? fmt::format("the last start failed: {}\n", *failure) : "");
}

std::string report(fs::path const& path, Form form) {
  if (auto const sweep = stored_sweep(path)) return report_of_sweep(path, *sweep, form);
  fs::path const file = result_file(path);
  if (file_type_of(file) == "tvem evaluation") {
    EvaluationRecord const evaluation = read_evaluation_file(file);
    if (evaluation.tasks && form.parts.has_control)
      throw ConfigurationError(
          "--control draws further tasks from the prior, and these are from a file");
    stored_settings(evaluation.header, file);
    return text_of(evaluation, form);
  }
  check_is_of_run(file);
  return report_of_run(file, form);
}

/// The form that the options ask for. Throws ConfigurationError for options that do not go
/// together.
Form form_of(Arguments const& arguments) {
  bool const is_csv = arguments.has("csv"), is_latex = arguments.has("latex");
  ReportParts const parts{.has_detail = arguments.has("detail"),
                          .has_control = arguments.has("control")};
  if (is_csv && is_latex) throw ConfigurationError("--csv and --latex: give one of them");
  if ((is_csv || is_latex) && (parts.has_detail || parts.has_control))
    throw ConfigurationError(fmt::format("--{} is for the table in the terminal; leave out --{}",
                                         parts.has_detail ? "detail" : "control",
                                         is_csv ? "csv" : "latex"));
  return {.layout = is_csv     ? Layout::csv
                    : is_latex ? Layout::latex
                               : Layout::terminal,
          .parts = parts};
}

ExitCode run(CommandContext const& context) {
  on_root(context.comm, [&] {
    Form const form = form_of(context.arguments);
    say(context.comm, as_input([&] { return report(context.arguments.rest[0], form); }));
  });
  return ExitCode::finished;
}

}  // namespace

Command report_command() {
  return {
      .name = "report",
      .summary = "show the comparison table of a run, an evaluation or a sweep",
      .usage = "tvem report PATH [--detail] [--control] | tvem report PATH --csv | --latex",
      .explanation =
          "The comparison table of a run (PATH: its folder or its run.h5), of an evaluation (the "
          "file of tvem\nevaluate) or of a sweep (its folder). Differences are paired: every "
          "method meets the same tasks. A run of a\nsweep is shown with the baselines of its "
          "tasks.\n",
      .options = {{"csv", "", "comma-separated values in full precision instead of the table"},
                  {"latex", "", "the table for a paper: a tabular of LaTeX with booktabs"},
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
