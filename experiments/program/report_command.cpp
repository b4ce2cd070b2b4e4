#include <filesystem>

#include "experiments/program/command_line.hpp"
#include "experiments/report/comparison.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/sweep/collect.hpp"
#include "experiments/sweep/report.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

std::vector<OwnOption> const options{
    {"csv", "", "comma-separated values in full precision instead of the table"},
    {"detail", "", "a second table: excess over Bayes, quantiles, win rate, bootstrap, parameters"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem report PATH [--detail | --csv]\n\n"
         "The comparison table of a run (PATH: its folder or its run.h5), of an evaluation (the "
         "file of tvem\nevaluate) or of a sweep (its folder). Differences are paired: every method "
         "meets the same tasks. A run of a\nsweep is shown with the baselines of its tasks.\n\n" +
         options_help(options);
}

/// What `read` returns; a file that is damaged is wrong input.
template <class Read>
auto as_input(Read const& read) {
  try {
    return read();
  } catch (ConfigurationError const&) {
    throw;
  } catch (Error const& error) {
    throw ConfigurationError(error.what());
  }
}

/// Adds the rows of the baselines of the run's sweep, when its folder is in one.
void join_baselines(RunRecord& record, fs::path const& folder) {
  fs::path const parent = fs::absolute(folder).lexically_normal().parent_path();
  auto const sweep = stored_sweep(parent);
  if (!sweep || !record.evaluation) return;
  for (SweepRun const& run : runs_of(*sweep)) {
    if (!run.is_training || run.id != record.header.run_id) continue;
    fs::path const file = parent / baseline_file_of_training(*sweep, run);
    if (fs::is_regular_file(file)) join(*record.evaluation, read_evaluation_file(file).evaluation);
    return;
  }
}

struct Form {
  bool is_csv, is_detailed;
};

template <class Record>
std::string text_of(Record const& record, Form form) {
  return form.is_csv ? report_csv(record) : report_table(record, form.is_detailed);
}

/// Throws ConfigurationError that says what to give, for our files that have no table.
void check_is_of_run(fs::path const& file) {
  std::string const type = file_type_of(file);
  if (type == "tvem run") return;
  std::string const what = type == "tvem sweep" ? "what tvem collect has made of a sweep; give the "
                                                  "sweep's folder, or open the file in xarray"
                           : type == "tvem checkpoint" ? "a checkpoint; give the run's folder"
                                                       : "a \"" + type + "\" file, without a table";
  throw ConfigurationError(file.string() + " is " + what + "; tvem report takes a run, an " +
                           "evaluation (of tvem evaluate) or a sweep's folder");
}

std::string report(fs::path const& path, Form form) {
  if (auto const sweep = stored_sweep(path)) {
    CollectedSweep const collected = collect(path, *sweep, {});
    std::string warnings;
    for (auto const& warning : collected.warnings) warnings += "warning: " + warning + "\n";
    return form.is_csv ? sweep_report_csv(collected.table)
                       : warnings + sweep_report_table(collected.table);
  }
  bool const is_folder = fs::is_directory(path);
  bool const is_run = fs::exists(path / "run.h5");
  fs::path const baselines = path / "evaluation.h5";
  fs::path const file = !is_folder                                  ? path
                        : !is_run && fs::is_regular_file(baselines) ? baselines
                                                                    : path / "run.h5";
  if (!fs::exists(file))
    throw ConfigurationError("there is no run at " + file.string() +
                             "; give the folder that tvem run or tvem sweep wrote, or a file");
  if (file_type_of(file) == "tvem evaluation") {
    EvaluationRecord const evaluation = read_evaluation_file(file);
    stored_settings(evaluation.header, file);
    return text_of(evaluation, form);
  }
  check_is_of_run(file);
  RunRecord record = read_run_file(file);
  stored_settings(record.header, file);
  join_baselines(record, file.parent_path());
  auto const failure = failure_of(file.parent_path());
  bool const is_told = failure && !record.evaluation && !form.is_csv;
  return text_of(record, form) + (is_told ? "the last start failed: " + *failure + "\n" : "");
}

}  // namespace

int report_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  if (arguments.rest.size() != 1 || arguments.rest[0].rfind("--", 0) == 0)
    throw ConfigurationError("tvem report takes one PATH and --detail or --csv, not \"" +
                             context.command_line + "\"; see tvem report --help");
  on_root(context.comm, [&] {
    Form const form{arguments.has("csv"), arguments.has("detail")};
    say(context.comm, as_input([&] { return report(arguments.rest[0], form); }));
  });
  return static_cast<int>(ExitCode::finished);
}

}  // namespace tvem
