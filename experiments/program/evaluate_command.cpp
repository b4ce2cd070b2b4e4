#include <algorithm>
#include <filesystem>
#include <memory>

#include "experiments/program/command.hpp"
#include "experiments/run/claim.hpp"
#include "experiments/run/evaluation_job.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/run/stop_request.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/settings/problems.hpp"
#include "experiments/settings/unused_keys.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/train/evaluation.hpp"
#include "io/evaluation_blocks.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

using Sentences = std::vector<std::string>;

void append(Sentences& sentences, Sentences const& others) {
  sentences.insert(sentences.end(), others.begin(), others.end());
}

/// The settings of the training that an evaluation keeps, when others were asked for.
Sentences training_problems(Settings const& trained, Settings const& asked) {
  Sentences problems;
  for (Key const& key : configuration_keys()) {
    bool const is_kept =
        key.role == Role::training && !is_of_tasks_or_guess(key) && !key.name.starts_with("task.");
    if (is_kept && key.print(trained) != key.print(asked))
      problems.push_back(
          fmt::format("{} = {}: the model was trained with {}; train another one with tvem run",
                      key.name, key.print(asked), key.print(trained)));
  }
  return problems;
}

/// What is wrong with the settings beside the model, or without one.
Sentences request_problems(EvaluationRequest const& request) {
  Sentences problems = module_problems(request.settings);
  if (!problems.empty()) return problems;
  if (request.model) {
    Settings const& trained = request.model->settings;
    append(problems, training_problems(trained, request.settings));
    append(problems, domain_problems(trained, request.settings));
    return problems;
  }
  for (EstimatorSpec const& spec : parse_estimators(request.settings))
    if (spec.needs_model() && problems.empty())
      problems.push_back(fmt::format(
          "eval.estimators: {} needs a model; give --model DIR, or leave it out", spec.text));
  return problems;
}

/// Collective. Why the file cannot be written; the same on all ranks.
void check_file(CommandContext const& context, fs::path const& file, Sentences problems) {
  if (!context.arguments.has("out"))
    problems.emplace_back("--out FILE is missing: the file that the evaluation is written to");
  on_root(context.comm, [&] {
    std::string const problem = context.arguments.has("out")
                                    ? target_problem(file,
                                                     [](fs::path const& present) {
                                                       return !evaluation_of_file(present).empty();
                                                     })
                                    : "";
    if (!problem.empty()) problems.push_back(fmt::format("--out {}: {}", file.string(), problem));
    if (!problems.empty()) throw ConfigurationError(problems);
  });
}

/// Collective. Reads everything, and finds everything that is wrong with it.
EvaluationRequest read_request(CommandContext const& context) {
  Arguments const& arguments = context.arguments;
  EvaluationRequest request;
  Sentences warnings;
  if (arguments.has("model"))
    request.model = read_trained_model(context.comm, arguments.value("model"), warnings);
  std::string const path = arguments.value("config");
  if (request.model && !path.empty())
    throw ConfigurationError(fmt::format(
        "--config {}: the model has the configuration of its training; give what is to change as "
        "--SECTION.KEY VALUE",
        path));
  std::string const text = request.model ? configuration_text(request.model->settings)
                                         : configuration_file_text(context);
  Configuration const read = parse_configuration(text, path, arguments.rest);
  request.settings = read.settings;
  request.file = arguments.value("out");
  check_file(context, request.file,
             read.problems.empty() ? request_problems(request) : read.problems);
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
    if (!claim) throw ConfigurationError(claimed_text("--out " + file.string(), claim_file));
  });
  return claim;
}

/// Collective. Whether the file holds the evaluation; throws ConfigurationError where it holds
/// another one.
bool is_done(CommandContext const& context, EvaluationRequest const& request) {
  bool is_done = false;
  on_root(context.comm, [&] {
    std::string const stored = evaluation_of_file(request.file);
    is_done = stored == identity_of(request);
    // A start that was killed just then has left them.
    if (is_done) EvaluationBlocks::remove(request.file, stored);
    if (!is_done && !stored.empty())
      throw ConfigurationError(
          fmt::format("--out {} holds another evaluation; choose another file, or remove it",
                      request.file.string()));
  });
  return context.comm.max(is_done ? 1 : 0) == 1;
}

ExitCode run(CommandContext const& context) {
  EvaluationRequest const request = read_request(context);
  if (is_done(context, request)) {
    say(context.comm, fmt::format("this evaluation is in {}; tvem report {} shows it\n",
                                  request.file.string(), request.file.string()));
    return ExitCode::finished;
  }
  for (auto const& note : unused_keys(request.settings)) say(context.comm, "note: " + note + "\n");
  StopRequest const stop(context.arguments.value("max-minutes"));
  auto const claim = claim_evaluation(context.comm, request.file);
  WorkHooks const hooks{.on_alive = [&] { claim->check_now_and_then(); },
                        .on_steps = {},
                        .wants_stop = [&] { return stop.is_there(); },
                        .may_replace = [&] { claim->check(); }};
  std::string const table =
      evaluation_job(request, context.comm, context.command_line, Voice::aloud, hooks);
  say(context.comm, "\n" + table);
  return ExitCode::finished;
}

}  // namespace

Command evaluate_command() {
  return {
      .name = "evaluate",
      .summary = "a trained Transformer and the baselines on other distributions of tasks",
      .usage =
          "tvem evaluate --model DIR --out FILE [--task.KEY VALUE ...] [--eval.KEY VALUE ...]\n"
          "       tvem evaluate --config FILE --out FILE --eval.estimators \"em, lloyd, bayes\"",
      .explanation =
          "A trained model and the baselines on another distribution of tasks: other sizes, "
          "another "
          "separation,\nheavier tails. Keys that are not given have the values of the training. "
          "Without a model, baselines alone.\n",
      .options = {{"model", "DIR",
                   "folder of a trained model, as tvem run wrote it; without it, baselines alone"},
                  {"config", "FILE", "without --model: configuration of the tasks, an INI file"},
                  {"out", "FILE", "the HDF5 file to write"},
                  {"max-minutes", "M",
                   "stop after so many minutes (exit code 75); the same command goes on"}},
      .is_parallel = true,
      .further_help =
          [] {
            return std::string(
                "The keys are those of tvem run --help: task.*, input.init, input.corruption, "
                "eval.* "
                "and em.*.\n");
          },
      .run = &run};
}

}  // namespace tvem
