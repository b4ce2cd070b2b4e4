#include <algorithm>
#include <filesystem>

#include "experiments/program/command_line.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/sweep/collect.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/instruction_set.hpp"
#include "framework/core/text.hpp"
#include "io/durable/durable.hpp"
#include "io/durable/our_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

std::vector<OwnOption> const options{
    {"out", "FILE", "the HDF5 file to write [DIR/sweep.h5]"},
    {"per-task", "LIST", "metrics whose values on every task go in too, such as error, ari"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem collect DIR [--out FILE] [--per-task error]\n\n"
         "One file of a sweep's results: its axes are the dimensions, with their values as "
         "coordinates, and\nestimator is one more. Runs that are not finished are NaN, and "
         "counted.\n\n"
         "  table = xarray.open_dataset(\"DIR/sweep.h5\", engine=\"h5netcdf\")\n"
         "  table.error_mean.sel(layers=4, estimator=\"transformer\").plot()\n\n" +
         options_help(options);
}

std::vector<std::string> metrics_of(std::string const& list) {
  std::vector<std::string> metrics;
  std::string known;
  for (EvaluationMetric const& metric : evaluation_metrics)
    known += (known.empty() ? "" : ", ") + std::string(metric.name);
  for (std::string const& item : list.empty() ? std::vector<std::string>{} : split(list, ',')) {
    metrics.push_back(trimmed(item));
    if (std::none_of(std::begin(evaluation_metrics), std::end(evaluation_metrics),
                     [&](auto const& metric) { return metric.name == metrics.back(); }))
      throw ConfigurationError("--per-task: \"" + metrics.back() + "\" is none of " + known);
  }
  return metrics;
}

/// Refuses a file that cannot be written without losing something else.
void check_target(fs::path const& file) {
  std::string const problem = target_problem(
      file, [](fs::path const& present) { return is_sweep_file(present) || is_damaged(present); });
  if (!problem.empty()) throw ConfigurationError(file.string() + ": " + problem);
}

/// On rank 0: everything.
void collect_and_write(CommandContext const& context, fs::path const& folder, fs::path const& out,
                       std::vector<std::string> const& per_task) {
  auto const sweep = stored_sweep(folder);
  if (!sweep)
    throw ConfigurationError("there is no sweep at " + folder.string() +
                             "; give the folder that tvem sweep wrote");
  check_target(out);
  if (is_damaged(out)) {
    say(context.comm, "note: " + out.string() + " is damaged, or another program has changed it; " +
                          "it is kept as " + name_to_keep(out).filename().string() + "\n");
    keep_aside(out);
  }
  CollectedSweep collected = collect(folder, *sweep, per_task);
  FileHeader& header = collected.table.header;
  header.created_utc = now_utc();
  header.provenance.push_back(
      this_start(context.comm.size(), best_instruction_set(), context.command_line));
  for (auto const& warning : collected.warnings) say(context.comm, "warning: " + warning + "\n");
  write_sweep_file(out, collected.table);
  std::string text = out.string() + ":";
  for (std::string const& axis : collected.table.axes)
    text += (text.ends_with(":") ? " " : " x ") + axis + " " +
            std::to_string(collected.table.size(axis));
  for (auto const& [name, count] : collected.table.counts)
    text += ", " + std::to_string(count) + " " + name;
  say(context.comm, text + "\n");
}

}  // namespace

int collect_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  if (arguments.rest.size() != 1 || arguments.rest[0].starts_with("--"))
    throw ConfigurationError("tvem collect takes one DIR, --out and --per-task, not \"" +
                             context.command_line + "\"; see tvem collect --help");
  auto const per_task = metrics_of(arguments.value("per-task"));
  fs::path const folder = arguments.rest[0];
  fs::path const out =
      arguments.has("out") ? fs::path(arguments.value("out")) : folder / "sweep.h5";
  on_root(context.comm, [&] { collect_and_write(context, folder, out, per_task); });
  return static_cast<int>(ExitCode::finished);
}

}  // namespace tvem
