
#include "experiments/program/command.hpp"
#include "experiments/run/claim/claimed_work.hpp"
#include "experiments/run/evaluation/kept_evaluation.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/folder.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/settings/problems.hpp"
#include "framework/core/text.hpp"
#include "io/durable/durable.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

/// Collective.
Settings read_settings(CommandContext const& context) {
  Arguments const& arguments = context.arguments;
  Configuration read = parse_configuration(configuration_file_text(context),
                                           arguments.value("config"), arguments.rest);
  auto& problems = read.problems;
  // Values that could not be read cannot be checked further.
  if (read.are_values_read) append(problems, module_problems(read.settings));
  if (arguments.has("tsv") && !arguments.has("status"))
    problems.emplace_back("--tsv is a form of --status; give both");
  if (!arguments.has("out"))
    problems.emplace_back("--out DIR is missing: the folder that the run writes");
  read.check();
  return read.settings;
}

void check_is_no_file(fs::path const& folder) {
  if (fs::exists(folder) && !fs::is_directory(folder))
    throw ConfigurationError(fmt::format("--out {} is a file, not a folder", folder));
}

/// Says that the run is finished, and which of the settings asked for now have no effect.
std::string finished_text(fs::path const& folder, Settings const& asked) {
  RunRecord const record = read_run_file(folder / "run.h5");
  std::string text;
  for (auto const& difference :
       operational_differences(stored_settings(record.header, folder), asked))
    text += fmt::format("note: {}: the run is finished, so this has no effect\n", difference);
  return text + fmt::format("run {} in {} is finished; tvem report {} shows it\n",
                            record.header.run_id, folder, folder);
}

/// Collective. Does the run, and records a failure beside it.
bool run_recorded(CommandContext const& context, Settings const& settings, fs::path const& folder,
                  StopRequest const& stop) {
  if (!fs::exists(folder)) check_disk(context.comm, settings, folder / "run.h5");
  on_root(context.comm, [&] { check_is_no_file(folder); });
  auto const claim = claim_or_refuse(context.comm, "--out " + folder.string(), claim_file(folder));
  on_root(context.comm, [&] {
    remove_left_over_writes(folder);
    check_same_training(folder, settings);
    clear_failure(folder);
  });
  try {
    return run_job(settings, folder, context.comm, context.command_line, Voice::aloud,
                   hooks_of(claim.get(), stop));
  } catch (TrainingDiverged const& error) {
    if (claim) try_to_record_failure(folder, error.what());
    throw;
  }
}

/// Collective. Whether all is done and nobody can write there, as in a folder of another user.
bool is_finished_and_read_only(Communicator const& comm, Settings const& settings,
                               fs::path const& folder) {
  return root_finds(comm, [&] {
    check_is_no_file(folder);
    if (!fs::is_directory(folder) || is_writable(folder)) return false;
    check_same_training(folder, settings);
    return status_of_run(folder, settings).state == RunState::finished;
  });
}

ExitCode run(CommandContext const& context) {
  Settings const settings = read_settings(context);
  StopRequest const stop(context.arguments.value("max-minutes"));
  std::string const folder = context.arguments.value("out");
  if (context.arguments.has("status"))
    return tell_status(context, [&] {
      check_is_no_file(folder);
      check_same_training(folder, settings);
      return status_of_one(folder, status_with_model(folder, settings));
    });
  if (is_finished_and_read_only(context.comm, settings, folder) ||
      !run_recorded(context, settings, folder, stop))
    on_root(context.comm, [&] { say(context.comm, finished_text(folder, settings)); });
  return ExitCode::finished;
}

std::string keys_text() {
  return "Keys, in the file ([task], then dim = 4) or here (--task.dim 4), which wins. A section "
         "[preset.NAME] has\nwhole keys that count with --preset NAME. A section [family.NAME] has "
         "keys task.*, for task.family.\n\n" +
         keys_help();
}

}  // namespace

Command run_command() {
  return {
      .name = "run",
      .summary = "train a Transformer, evaluate it beside EM and other baselines, write a folder",
      .usage =
          "tvem run --out DIR [--config FILE] [--SECTION.KEY VALUE ...]\n       mpirun -n RANKS "
          "tvem run --out DIR ...      (the same bits on any number of ranks)",
      .explanation =
          "Trains a Transformer, evaluates it beside the other estimators on the same tasks, and "
          "writes\nDIR/run.h5 and DIR/checkpoint.h5.\n",
      .options =
          {{"config", "FILE", "configuration, an INI file; without it every key has its default"},
           {"out", "DIR", "folder of the run; run again on it, an unfinished run goes on"},
           {"status", "", "say how far it is and do nothing; exit code 0: finished, 75: not"},
           {"tsv", "",
            "with --status: state, steps and evaluations, done and in all, separated by tabs"},
           {"max-minutes", "M",
            "stop after so many minutes, to go on when started again (exit code 75)"}},
      .is_parallel = true,
      .further_help = &keys_text,
      .run = &run};
}

}  // namespace tvem
