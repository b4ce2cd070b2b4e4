#include <algorithm>

#include "experiments/program/command.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/sweep/report.hpp"
#include "experiments/sweep/results/collect.hpp"
#include "experiments/sweep/stored_sweep.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/processor/instruction_set.hpp"
#include "framework/core/text.hpp"
#include "io/durable/durable.hpp"
#include "io/durable/our_file.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

std::vector<std::string> metrics_of(std::string const& list) {
  std::vector<std::string> known, metrics;
  for (EvaluationMetric const& metric : evaluation_metrics) known.emplace_back(metric.name);
  if (list.empty()) return metrics;
  for (std::string const& item : split(list, ',')) {
    metrics.push_back(trimmed(item));
    if (std::count(known.begin(), known.end(), metrics.back()) == 0)
      throw ConfigurationError(
          fmt::format("--per-task: \"{}\" is none of {}", metrics.back(), joined(known)));
  }
  return metrics;
}

/// Refuses a file that cannot be written without the loss of another.
void check_target(fs::path const& file) {
  std::string const problem = target_problem(
      file, [](fs::path const& present) { return is_sweep_file(present) || is_damaged(present); });
  if (!problem.empty()) throw ConfigurationError(file.string() + ": " + problem);
}

void collect_and_write(CommandContext const& context, fs::path const& folder, fs::path const& out,
                       std::vector<std::string> const& per_task) {
  auto const sweep = stored_sweep(folder);
  if (!sweep)
    throw ConfigurationError(
        fmt::format("there is no sweep at {}; give the folder that tvem sweep wrote", folder));
  check_target(out);
  if (is_damaged(out)) {
    say(context.comm,
        fmt::format("note: {} is damaged, or another program has changed it; it is kept as {}\n",
                    out, name_to_keep(out).filename()));
    keep_aside(out);
  }
  CollectedSweep collected = collect(folder, *sweep, per_task);
  FileHeader& header = collected.table.header;
  header.created_utc = now_utc();
  header.provenance.push_back(this_start(context.comm.size(), context.command_line));
  say_each(context.comm, "warning", collected.warnings);
  write_sweep_file(out, collected.table);
  std::vector<std::string> sizes;
  for (std::string const& axis : collected.table.axes)
    sizes.push_back(fmt::format("{} {}", axis, collected.table.size(axis)));
  say(context.comm,
      fmt::format("{}: {}, {}\n", out, joined(sizes, " x "), counts_text(collected.table)));
}

ExitCode run(CommandContext const& context) {
  auto const per_task = metrics_of(context.arguments.value("per-task"));
  fs::path const folder = context.arguments.rest[0];
  fs::path const out =
      context.arguments.has("out") ? fs::path(context.arguments.value("out")) : folder / "sweep.h5";
  on_root(context.comm, [&] { collect_and_write(context, folder, out, per_task); });
  return ExitCode::finished;
}

}  // namespace

Command collect_command() {
  return {.name = "collect",
          .summary = "one file of a sweep's results, its axes as dimensions",
          .usage = "tvem collect DIR [--out FILE] [--per-task error]",
          .explanation =
              "One file of a sweep's results. Its axes are the dimensions, with their values as "
              "coordinates, and\nestimator is one more. Runs that are not finished are NaN, and "
              "counted.\n\n"
              "  table = xarray.open_dataset(\"DIR/sweep.h5\", engine=\"h5netcdf\")\n"
              "  table.error_mean.sel(layers=4, estimator=\"transformer\").plot()\n",
          .options = {{"out", "FILE", "the HDF5 file to write [DIR/sweep.h5]"},
                      {"per-task", "LIST",
                       "metrics whose values on every task go in too, such as error, ari"}},
          .takes = Takes::path,
          .run = &run};
}

}  // namespace tvem
