
#include "experiments/program/command.hpp"
#include "experiments/run/claim/claimed_work.hpp"
#include "experiments/run/evaluation_job.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/settings/problems.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/train/evaluation.hpp"
#include "io/evaluation_blocks.hpp"
#include "io/evaluation_file.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

/// Problems for settings of the training that were asked for with other values.
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

bool is_evaluation(fs::path const& file) { return !evaluation_of_file(file).empty(); }

/// Collective. Throws ConfigurationError for the problems, and where the file cannot be written.
void check_file(CommandContext const& context, fs::path const& file, Sentences problems) {
  on_root(context.comm, [&] {
    if (!context.arguments.has("out"))
      problems.emplace_back("--out FILE is missing: the file that the evaluation is written to");
    else if (auto const problem = target_problem(file, is_evaluation); !problem.empty())
      problems.push_back(fmt::format("--out {}: {}", file, problem));
    refuse_if_any(problems);
  });
}

/// Collective. Reads everything, and finds all problems.
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
  say_each(context.comm, "warning", warnings);
  return request;
}

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
  EvaluationRequest const request = read_request(context);
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
