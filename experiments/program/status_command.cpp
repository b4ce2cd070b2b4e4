
#include "experiments/program/command.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/stored_sweep.hpp"
#include "framework/core/text.hpp"
#include "io/evaluation_file.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

/// The state that the files in a folder show. index: text of --index, empty for all runs.
StatusText look(fs::path const& folder, std::string const& index) {
  if (auto const sweep = stored_sweep(folder)) {
    auto runs = runs_of(*sweep).runs;
    if (!index.empty()) runs = {runs[place_in(index, runs.size())]};
    return status_of_sweep(runs, folder);
  }
  if (!index.empty())
    throw ConfigurationError(fmt::format("--index {}: there is no sweep at {}", index, folder));
  RunStatus status = status_with_model(folder, {});
  bool const are_baselines =
      !fs::exists(folder / "run.h5") && !evaluation_of_file(folder / "evaluation.h5").empty();
  if (are_baselines) {
    status.state = RunState::finished;
    status.evaluations_done = status.evaluations_total;
  }
  if (status.state == RunState::missing)
    throw ConfigurationError(fmt::format(
        "there is no run and no sweep at {}; give the folder that tvem run or tvem sweep wrote",
        folder));
  return status_of_one(folder.string(), status);
}

ExitCode tell(CommandContext const& context) {
  fs::path const folder = context.arguments.rest[0];
  return tell_status(context, [&] { return look(folder, context.arguments.value("index")); });
}

}  // namespace

Command status_command() {
  return {
      .name = "status",
      .summary = "the state of a run, or of all runs of a sweep, from their files",
      .usage = "tvem status DIR [--index I] [--tsv]",
      .explanation =
          "The state of a run, or of every run of a sweep: finished, running or unfinished (with "
          "the step and the\ntime left), failed (with the message) or missing. It is read from "
          "the files. Exit code 0 when all is\nfinished, 75 when something is left to do.\n",
      .options = {{"index", "I", "of a sweep: run I of its list alone, from 0"},
                  {"tsv", "",
                   "run, state, steps and evaluations, done and in all, separated by tabs"}},
      .takes = Takes::path,
      .run = &tell};
}

}  // namespace tvem
