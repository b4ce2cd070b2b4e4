#include "experiments/program/evaluation_arguments.hpp"

#include <algorithm>

#include "experiments/run/resources.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/settings/problems.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/text.hpp"
#include "framework/train/evaluation/evaluation.hpp"

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

Sentences model_problems(EvaluationRequest const& request) {
  Sentences problems;
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

Sentences request_problems(EvaluationRequest const& request) {
  Sentences problems = module_problems(request.settings);
  if (!problems.empty()) return problems;
  if (request.tasks) append(problems, given_tasks_problems(*request.tasks->file, request.settings));
  append(problems, model_problems(request));
  return problems;
}

/// Collective. Throws ConfigurationError for the problems, and where the file cannot be written.
void check_file(CommandContext const& context, fs::path const& file,
                bool (*is_ours)(fs::path const& file), Sentences problems) {
  on_root(context.comm, [&] {
    if (!context.arguments.has("out"))
      problems.emplace_back("--out FILE is missing: the file that is written");
    else if (auto const problem = target_problem(file, is_ours); !problem.empty())
      problems.push_back(fmt::format("--out {}: {}", file, problem));
    refuse_if_any(problems);
  });
}

/// Collective. Reads --tasks, where it is given, into the request. text: of the configuration
/// without the arguments.
void take_tasks(CommandContext const& context, std::string const& text, EvaluationRequest& request,
                Sentences& problems) {
  Arguments const& arguments = context.arguments;
  if (!arguments.has("tasks")) return;
  request.tasks = read_given_tasks(context.comm, arguments.value("tasks"));
  bool const has_count =
      std::any_of(arguments.rest.begin(), arguments.rest.end(), [](std::string const& word) {
        return word == "--eval.tasks" || word.starts_with("--eval.tasks=");
      });
  take_given_tasks(*request.tasks, parse_configuration(text, "", {}).settings, has_count,
                   request.model.has_value(), request.settings, problems);
}

/// Collective. The text that the keys of the command line change: the configuration of the model's
/// training, or the file of --config.
std::string base_text(CommandContext const& context, EvaluationRequest const& request) {
  std::string const path = context.arguments.value("config");
  if (!request.model) return configuration_file_text(context);
  if (path.empty()) return configuration_text(request.model->settings);
  throw ConfigurationError(fmt::format(
      "--config {}: the model has the configuration of its training; give what is to change as "
      "--SECTION.KEY VALUE",
      path));
}

}  // namespace

EvaluationRequest read_evaluation_request(CommandContext const& context,
                                          bool (*is_ours)(fs::path const& file),
                                          void (*adapt)(EvaluationRequest& request,
                                                        Sentences& problems)) {
  Arguments const& arguments = context.arguments;
  EvaluationRequest request;
  Sentences warnings;
  if (arguments.has("model"))
    request.model = read_trained_model(context.comm, arguments.value("model"), warnings);
  std::string const text = base_text(context, request);
  Configuration const read = parse_configuration(text, arguments.value("config"), arguments.rest);
  request.settings = read.settings;
  request.file = arguments.value("out");
  Sentences problems = read.problems;
  if (problems.empty()) take_tasks(context, text, request, problems);
  if (adapt) adapt(request, problems);
  check_file(context, request.file, is_ours,
             problems.empty() ? request_problems(request) : problems);
  say_each(context.comm, "warning", warnings);
  return request;
}

}  // namespace tvem
