#include <filesystem>
#include <memory>

#include <unistd.h>

#include "experiments/program/command_line.hpp"
#include "experiments/program/status_text.hpp"
#include "experiments/run/claim.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/folder.hpp"
#include "experiments/run/job.hpp"
#include "experiments/run/kept_evaluation.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/stop_request.hpp"
#include "experiments/settings/config.hpp"
#include "experiments/settings/config_input.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/settings/keys.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "io/durable/durable.hpp"

namespace tvem {
namespace {

std::vector<OwnOption> const options{
    {"config", "FILE", "configuration, an INI file; without it every key has its default"},
    {"out", "DIR", "folder of the run; run again on it, an unfinished run goes on"},
    {"status", "", "say how far it is and do nothing; exit code 0: finished, 75: not"},
    {"tsv", "", "with --status: state, steps and evaluations, done and in all, separated by tabs"},
    {"max-minutes", "M", "stop after so many minutes, to go on when started again (exit code 75)"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem run --out DIR [--config FILE] [--SECTION.KEY VALUE ...]\n"
         "       mpirun -n RANKS tvem run --out DIR ...      (the same bits on any number of "
         "ranks)\n\n"
         "Trains a Transformer, evaluates it beside the other estimators on the same tasks, and "
         "writes\n"
         "DIR/run.h5 and DIR/checkpoint.h5.\n\n" +
         options_help(options) +
         "\nKeys, in the file ([task], then dim = 4) or here (--task.dim 4), which wins:\n\n" +
         keys_help();
}

/// Collective.
Settings read_settings(CommandContext const& context, SplitArguments const& arguments) {
  std::string const path = arguments.value("config");
  std::string const text = read_config_text(context.comm, path);
  std::vector<std::string> problems;
  Settings const settings = parse_configuration(text, path, arguments.rest, problems);
  // Of values that could not be read nothing more can be said.
  bool const are_values_read = problems.size() == contradictions(settings).size();
  if (are_values_read)
    for (auto const& problem : module_problems(settings)) problems.push_back(problem);
  if (arguments.has("tsv") && !arguments.has("status"))
    problems.push_back("--tsv is a form of --status; give both");
  if (!arguments.has("out"))
    problems.push_back("--out DIR is missing: the folder that the run writes");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return settings;
}

void check_is_no_file(std::filesystem::path const& folder) {
  if (std::filesystem::exists(folder) && !std::filesystem::is_directory(folder))
    throw ConfigurationError("--out " + folder.string() + " is a file, not a folder");
}

/// Collective. The claim on the folder, on rank 0. Throws ConfigurationError on all ranks when
/// another process is at work there.
std::unique_ptr<RunClaim> claim_run(Communicator const& comm, std::filesystem::path const& folder) {
  std::unique_ptr<RunClaim> claim;
  on_root(comm, [&] {
    check_is_no_file(folder);
    claim = RunClaim::take(claim_file(folder));
    if (!claim)
      throw ConfigurationError("--out " + folder.string() + ": " +
                               RunClaim::owner(claim_file(folder)) +
                               " is at work there; wait for it, end it, or choose another folder "
                               "(a claim lapses after five minutes without a sign of life)");
    remove_left_over_writes(folder);
  });
  return claim;
}

/// What a finished run is asked for once more, and does not do.
std::string finished_text(std::filesystem::path const& folder, Settings const& asked) {
  RunRecord const record = read_run_file(folder / "run.h5");
  std::string text;
  for (auto const& difference :
       operational_differences(stored_settings(record.header, folder), asked))
    text += "note: " + difference + ": the run is finished, so this has no effect\n";
  return text + "run " + record.header.run_id + " in " + folder.string() +
         " is finished; tvem report " + folder.string() + " shows it\n";
}

/// Collective. The run, which a failure is recorded beside.
bool run_recorded(CommandContext const& context, Settings const& settings,
                  std::filesystem::path const& folder, StopRequest const& stop) {
  if (!std::filesystem::exists(folder)) check_disk(context.comm, settings, folder / "run.h5");
  auto const claim = claim_run(context.comm, folder);
  WorkHooks const hooks{.on_alive = [&] { claim->check_now_and_then(); },
                        .on_steps = [&](std::int64_t steps) { claim->show_steps(steps); },
                        .wants_stop = [&] { return stop.is_there(); },
                        .may_replace = [&] { claim->check(); }};
  on_root(context.comm, [&] {
    check_same_training(folder, settings);
    clear_failure(folder);
  });
  try {
    return run_job(settings, folder, context.comm, context.command_line, Voice::aloud, hooks);
  } catch (TrainingDiverged const& error) {
    if (claim) try_to_record_failure(folder, error.what());
    throw;
  }
}

/// Collective. Whether all is done and nobody can write there, as in another user's folder.
bool is_finished_and_read_only(Communicator const& comm, Settings const& settings,
                               std::filesystem::path const& folder) {
  bool is_done = false;
  on_root(comm, [&] {
    check_is_no_file(folder);
    if (!std::filesystem::is_directory(folder) || access(folder.c_str(), W_OK) == 0) return;
    check_same_training(folder, settings);
    is_done = status_of_run(folder, settings).state == RunState::finished;
  });
  return comm.max(is_done ? 1 : 0) == 1;
}

}  // namespace

int run_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  Settings const settings = read_settings(context, arguments);
  StopRequest const stop(arguments.value("max-minutes"));
  std::string const folder = arguments.value("out");
  if (arguments.has("status"))
    return tell_status(context.comm, arguments, [&] {
      check_is_no_file(folder);
      check_same_training(folder, settings);
      return status_of_one(folder, status_with_model(folder, settings));
    });
  if (is_finished_and_read_only(context.comm, settings, folder) ||
      !run_recorded(context, settings, folder, stop))
    on_root(context.comm, [&] { say(context.comm, finished_text(folder, settings)); });
  return static_cast<int>(ExitCode::finished);
}

}  // namespace tvem
