#include <algorithm>
#include <filesystem>
#include <memory>

#include "experiments/program/command_line.hpp"
#include "experiments/run/claim.hpp"
#include "experiments/run/evaluation_job.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/run/stop_request.hpp"
#include "experiments/settings/config.hpp"
#include "experiments/settings/config_input.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/settings/unused_keys.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/train/evaluation.hpp"
#include "io/evaluation_blocks.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

std::vector<OwnOption> const options{
    {"model", "DIR",
     "folder of a trained model, as tvem run wrote it; without it, baselines alone"},
    {"config", "FILE", "without --model: configuration of the tasks, an INI file"},
    {"out", "FILE", "the HDF5 file to write"},
    {"max-minutes", "M", "stop after so many minutes (exit code 75); the same command goes on"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem evaluate --model DIR --out FILE [--task.KEY VALUE ...] [--eval.KEY VALUE "
         "...]\n"
         "       tvem evaluate --config FILE --out FILE --eval.estimators \"em, lloyd, bayes\"\n\n"
         "A trained model and the baselines on another distribution of tasks: other sizes, another "
         "separation,\nheavier tails. Keys that are not given have the values of the training. "
         "Without a model, baselines alone.\n\n" +
         options_help(options) +
         "\nThe keys are those of tvem run --help: task.*, input.init, input.corruption, eval.* "
         "and em.*.\n";
}

/// The settings of the training that an evaluation keeps, when others were asked for.
std::vector<std::string> training_problems(Settings const& trained, Settings const& asked) {
  std::vector<std::string> problems;
  for (Key const& key : configuration_keys()) {
    bool const is_of_tasks =
        key.name.starts_with("task.") || key.name == "input.init" || key.name == "input.corruption";
    if (key.role == KeyRole::training && !is_of_tasks && key.print(trained) != key.print(asked))
      problems.push_back(key.name + " = " + key.print(asked) + ": the model was trained with " +
                         key.print(trained) + "; train another one with tvem run");
  }
  return problems;
}

bool needs_model(std::string const& estimator) {
  return estimator.starts_with(name_of(Method::transformer));
}

/// Collective. Reads everything, and finds everything that is wrong with it.
EvaluationRequest read_request(CommandContext const& context, SplitArguments const& arguments) {
  EvaluationRequest request;
  std::vector<std::string> problems, warnings;
  if (arguments.has("model"))
    request.model = read_trained_model(context.comm, arguments.value("model"), warnings);
  std::string const path = arguments.value("config");
  if (request.model && !path.empty())
    throw ConfigurationError("--config " + path + ": the model has the configuration of its " +
                             "training; give what is to change as --SECTION.KEY VALUE");
  std::string const text = request.model ? configuration_text(request.model->settings)
                                         : read_config_text(context.comm, path);
  request.settings = parse_configuration(text, path, arguments.rest, problems);
  if (problems.empty()) {
    problems = module_problems(request.settings);
    auto const& estimators = request.settings.eval.estimators;
    auto const found = std::find_if(estimators.begin(), estimators.end(), needs_model);
    if (!request.model && found != estimators.end())
      problems.push_back("eval.estimators: " + *found + " needs a model; give --model DIR, or " +
                         "leave it out");
    if (request.model) {
      for (auto const& problem : training_problems(request.model->settings, request.settings))
        problems.push_back(problem);
      for (auto const& problem : domain_problems(request.model->settings, request.settings))
        problems.push_back(problem);
    }
  }
  request.file = arguments.value("out");
  if (!arguments.has("out"))
    problems.push_back("--out FILE is missing: the file that the evaluation is written to");
  else
    on_root(context.comm, [&] {
      std::string const problem = target_problem(request.file, [](fs::path const& present) {
        return !evaluation_of_file(present).empty();
      });
      if (!problem.empty()) problems.push_back("--out " + request.file.string() + ": " + problem);
      if (!problems.empty()) throw ConfigurationError(problems);
    });
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  for (auto const& warning : warnings) say(context.comm, "warning: " + warning + "\n");
  return request;
}

/// Collective. The claim on the file, on rank 0. Throws ConfigurationError on all ranks when
/// another process is at work on it.
std::unique_ptr<RunClaim> claim_evaluation(Communicator const& comm, fs::path const& file) {
  std::unique_ptr<RunClaim> claim;
  on_root(comm, [&] {
    fs::path const claim_file = fs::absolute(file).string() + ".claim.txt";
    claim = RunClaim::take(claim_file);
    if (!claim)
      throw ConfigurationError("--out " + file.string() + ": " + RunClaim::owner(claim_file) +
                               " is at work on it; wait for it, end it, or choose another file "
                               "(a claim lapses after five minutes without a sign of life)");
  });
  return claim;
}

}  // namespace

int evaluate_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  EvaluationRequest const request = read_request(context, arguments);
  bool is_done = false;
  on_root(context.comm, [&] {
    std::string const stored = evaluation_of_file(request.file);
    is_done = stored == identity_of(request);
    // A start that was killed just then has left them.
    if (is_done) EvaluationBlocks::remove(request.file, stored);
    if (!is_done && !stored.empty())
      throw ConfigurationError("--out " + request.file.string() +
                               " holds another evaluation; choose another file, or remove it");
  });
  if (context.comm.max(is_done ? 1 : 0) == 1) {
    say(context.comm, "this evaluation is in " + request.file.string() + "; tvem report " +
                          request.file.string() + " shows it\n");
    return static_cast<int>(ExitCode::finished);
  }
  for (auto const& note : unused_keys(request.settings)) say(context.comm, "note: " + note + "\n");
  StopRequest const stop(arguments.value("max-minutes"));
  auto const claim = claim_evaluation(context.comm, request.file);
  WorkHooks const hooks{.on_alive = [&] { claim->check_now_and_then(); },
                        .on_steps = {},
                        .wants_stop = [&] { return stop.is_there(); },
                        .may_replace = [&] { claim->check(); }};
  std::string const table =
      evaluation_job(request, context.comm, context.command_line, Voice::aloud, hooks);
  say(context.comm, "\n" + table);
  return static_cast<int>(ExitCode::finished);
}

}  // namespace tvem
