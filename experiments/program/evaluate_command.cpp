#include "experiments/program/command.hpp"
#include "experiments/program/evaluation_arguments.hpp"
#include "experiments/run/claim/claimed_work.hpp"
#include "experiments/run/evaluation/evaluation_job.hpp"
#include "experiments/settings/problems.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/evaluation_blocks.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {
namespace {

bool is_evaluation(fs::path const& file) { return !evaluation_of_file(file).empty(); }

/// Collective. Whether the file holds the evaluation. Throws ConfigurationError when it holds
/// another one.
bool is_done(CommandContext const& context, EvaluationRequest const& request) {
  return root_finds(context.comm, [&] {
    std::string const stored = evaluation_of_file(request.file);
    bool const is_this_one = stored == identity_of(request);
    // A start that was killed at that moment has left its blocks.
    if (is_this_one) EvaluationBlocks::remove(request.file, stored);
    if (!is_this_one && !stored.empty())
      throw ConfigurationError(fmt::format(
          "--out {} holds another evaluation; choose another file, or remove it", request.file));
    return is_this_one;
  });
}

ExitCode run(CommandContext const& context) {
  EvaluationRequest const request = read_evaluation_request(context, is_evaluation);
  std::string const file = request.file.string();
  if (is_done(context, request)) {
    say(context.comm,
        fmt::format("this evaluation is in {}; tvem report {} shows it\n", file, file));
    return ExitCode::finished;
  }
  say_each(context.comm, "note", unused_keys(request.settings));
  StopRequest const stop(context.arguments.value("max-minutes"));
  auto const claim = claim_or_refuse(context.comm, "--out " + file,
                                     fs::absolute(request.file).string() + ".claim.txt");
  std::string const table = evaluation_job(request, context.comm, context.command_line,
                                           Voice::aloud, hooks_of(claim.get(), stop));
  say(context.comm, "\n" + table);
  return ExitCode::finished;
}

constexpr auto explanation =
    "A trained model and the baselines on another distribution of tasks: other sizes, "
    "another separation,\nheavier tails. Keys that are not given have the values of the training. "
    "Without a model, baselines alone.\n";

std::vector<CommandOption> const options{
    {"model", "DIR",
     "folder of a trained model, as tvem run wrote it; without it, baselines alone"},
    {"config", "FILE", "without --model: configuration of the tasks, an INI file"},
    {"tasks", "FILE", "tasks of this file, by tvem tasks or yours (io/SCHEMA.md), not drawn ones"},
    {"out", "FILE", "the HDF5 file to write"},
    {"max-minutes", "M", "stop after so many minutes (exit code 75); the same command goes on"}};

}  // namespace

Command evaluate_command() {
  return {
      .name = "evaluate",
      .summary = "a trained Transformer and the baselines on other distributions of tasks",
      .usage =
          "tvem evaluate --model DIR --out FILE [--task.KEY VALUE ...] [--eval.KEY VALUE ...]\n"
          "       tvem evaluate --config FILE --out FILE --eval.estimators \"em, lloyd, bayes\"",
      .explanation = explanation,
      .options = options,
      .is_parallel = true,
      .further_help =
          [] {
            return std::string(
                "The keys are those of tvem run --help: task.*, input.init, input.corruption, "
                "eval.* and em.*.\n");
          },
      .run = &run};
}

}  // namespace tvem
