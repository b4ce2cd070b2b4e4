#include <filesystem>

#include "experiments/program/command_line.hpp"
#include "experiments/program/status_text.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/core/error.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

std::vector<OwnOption> const options{
    {"index", "I", "of a sweep: run I of its list alone, from 0"},
    {"tsv", "", "run, state, steps and evaluations, done and in all, separated by tabs"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem status DIR [--index I] [--tsv]\n\n"
         "The state of a run, or of every run of a sweep: finished, running or unfinished (with "
         "their step and\ntime left), failed (with its message) or missing, read from the files. "
         "Exit code 0 when all is finished,\n75 when something is left to do.\n\n" +
         options_help(options);
}

/// What the files in a folder say. index: text of --index, empty for all runs.
StatusText look(fs::path const& folder, std::string const& index) {
  if (auto const sweep = stored_sweep(folder)) {
    auto runs = runs_of(*sweep);
    if (!index.empty()) runs = {runs[place_in(index, runs.size())]};
    return status_of_sweep(*sweep, runs, folder);
  }
  if (!index.empty())
    throw ConfigurationError("--index " + index + ": there is no sweep at " + folder.string());
  RunStatus status = status_with_model(folder, {});
  bool const are_baselines =
      !fs::exists(folder / "run.h5") && !evaluation_of_file(folder / "evaluation.h5").empty();
  if (are_baselines) {
    status.state = RunState::finished;
    status.evaluations_done = status.evaluations_total;
  }
  if (status.state == RunState::missing)
    throw ConfigurationError("there is no run and no sweep at " + folder.string() +
                             "; give the folder that tvem run or tvem sweep wrote");
  return status_of_one(folder.string(), status);
}

}  // namespace

int status_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  if (arguments.rest.size() != 1 || arguments.rest[0].starts_with("--"))
    throw ConfigurationError("tvem status takes one DIR, not \"" + context.command_line +
                             "\"; see tvem status --help");
  fs::path const folder = arguments.rest[0];
  return tell_status(context.comm, arguments,
                     [&] { return look(folder, arguments.value("index")); });
}

}  // namespace tvem
