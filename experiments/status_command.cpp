#include <filesystem>

#include "command_line.hpp"
#include "formatting.hpp"
#include "progress.hpp"
#include "sweep_state.hpp"
#include "tvem/comm/collective_errors.hpp"
#include "tvem/core/error.hpp"
#include "tvem/io/evaluation_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

std::vector<OwnOption> const options{
    {"index", "I", "of a sweep: run I of its list alone, from 0"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem status DIR [--index I]\n\n"
         "The state of a run, or of every run of a sweep: finished, running or unfinished (with "
         "their step and\ntime left), failed (with its message) or missing, read from the files. "
         "Exit code 0 when all is finished,\n75 when something is left to do.\n\n" +
         options_help(options);
}

std::string line_of(std::string const& name, RunStatus const& status) {
  std::string text = format("%-12s", std::string(name_of(status.state)).c_str()) + name;
  bool const is_on_its_way =
      status.state == RunState::unfinished || status.state == RunState::running;
  if (is_on_its_way && status.steps_total > 0)
    text += ": step " + std::to_string(status.steps_done) + " of " +
            std::to_string(status.steps_total) +
            (status.steps_done == status.steps_total ? ", not evaluated" : "");
  if (is_on_its_way && status.seconds_left() > 0)
    text += ", " + duration_text(status.seconds_left()) + " of training left";
  if (!status.message.empty()) text += ": " + status.message;
  return text + "\n";
}

/// Prints the state of all runs; whether all are finished.
bool show(Communicator const& comm, fs::path const& folder, std::string const& index) {
  auto const sweep = stored_sweep(folder);
  if (!sweep) {
    if (!index.empty())
      throw ConfigurationError("--index " + index + ": there is no sweep at " + folder.string());
    RunStatus status = status_of_run(folder, {});
    bool const are_baselines =
        !fs::exists(folder / "run.h5") && !evaluation_of_file(folder / "evaluation.h5").empty();
    if (are_baselines) status.state = RunState::finished;
    if (status.state == RunState::missing)
      throw ConfigurationError("there is no run and no sweep at " + folder.string() +
                               "; give the folder that tvem run or tvem sweep wrote");
    say(comm, line_of(folder.string(), status));
    return status.state == RunState::finished;
  }
  auto runs = runs_of(*sweep);
  if (!index.empty()) runs = {runs[place_in(index, runs.size())]};
  SweepStates states(*sweep, runs, folder);
  states.refresh();
  std::string text;
  for (std::size_t run = 0; run < runs.size(); ++run)
    text += line_of(runs[run].id + " (" + text_of(*sweep, runs[run]) + ")", states.status(run));
  StateCounts const counts = states.counts();
  bool const is_time_known = !counts.are_all_finished() && states.seconds_left() > 0;
  say(comm, text + counts.text() +
                (is_time_known ? "; " + duration_text(states.seconds_left()) + " left" : "") +
                "\n");
  return counts.are_all_finished();
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
  bool is_finished = false;
  on_root(context.comm,
          [&] { is_finished = show(context.comm, arguments.rest[0], arguments.value("index")); });
  bool const are_all = context.comm.max(is_finished ? 1 : 0) == 1;
  return static_cast<int>(are_all ? ExitCode::finished : ExitCode::stopped);
}

}  // namespace tvem
