#include <set>

#include "experiments/program/command.hpp"
#include "experiments/program/evaluation_arguments.hpp"
#include "experiments/run/evaluation/probe_job.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/text.hpp"
#include "io/probe_file.hpp"

namespace tvem {
namespace {

constexpr int most_iterations = 1000;

/// A probe has no estimators. Their keys keep the training's values, and are then set aside.
void set_estimators_aside(EvaluationRequest& request, Sentences& problems) {
  EvalSettings const& trained = request.model->settings.eval;
  EvalSettings& asked = request.settings.eval;
  auto const check = [&](auto EvalSettings::*member, std::string const& key) {
    if (asked.*member != trained.*member)
      problems.push_back(
          fmt::format("eval.{} is nothing that tvem probe reads; leave it out", key));
  };
  check(&EvalSettings::estimators, "estimators");
  check(&EvalSettings::reference, "reference");
  check(&EvalSettings::trace, "trace");
  asked.estimators = {"transformer"};
  asked.reference = "none";
  asked.trace = 0;
}

/// All start where the model does; without a guess each has a start of its own.
std::string default_algorithms(Settings const& settings) {
  return settings.input.guess == GuessKind::none
             ? "em, lloyd, gradient"
             : "em:start=given, lloyd:start=given, gradient:start=given";
}

EstimatorSpec parse_algorithm(std::string const& text, Settings const& settings,
                              Sentences& problems) {
  EstimatorSpec spec = parse_estimator(text, settings.em);
  append_if_any(problems, probe_problem(spec));
  std::set<std::string> known;
  for (int family = 0; family < n_families(settings.task); ++family)
    for (auto const& problem :
         estimator_problems(spec, family_of(settings.task, family), settings.input))
      if (known.insert(problem).second) problems.push_back(problem);
  return spec;
}

void parse_algorithms(std::string const& list, Settings const& settings, ProbeRequest& request,
                      Sentences& problems) {
  std::set<std::string> texts;
  for (std::string const& item : split(list, ',')) try {
      request.algorithms.push_back(parse_algorithm(trimmed(item), settings, problems));
      if (!texts.insert(trimmed(item)).second)
        problems.push_back(fmt::format("\"{}\" is given twice", trimmed(item)));
    } catch (ConfigurationError const& error) {
      append(problems, error.problems());
    }
}

template <class T>
void parse_count(Arguments const& arguments, std::string const& name, T least, T most, T& value,
                 Sentences& problems) {
  std::string const text = arguments.value(name);
  if (!text.empty() && (!read_number(text, value) || value < least || value > most))
    problems.push_back(fmt::format("--{} {}: an integer {}..{}", name, text, least, most));
}

ProbeRequest parse_request(Arguments const& arguments, Settings const& settings) {
  ProbeRequest request;
  Sentences problems;
  parse_algorithms(
      arguments.has("algorithms") ? arguments.value("algorithms") : default_algorithms(settings),
      settings, request, problems);
  for (std::string& problem : problems) problem = "--algorithms: " + problem;
  parse_count(arguments, "iterations", 0, most_iterations, request.iterations, problems);
  parse_count(arguments, "fit-tasks", std::int64_t{1}, any_count, request.fit_tasks, problems);
  refuse_if_any(problems);
  return request;
}

ExitCode run(CommandContext const& context) {
  on_root(context.comm, [&] {
    if (!context.arguments.has("model"))
      throw ConfigurationError("--model DIR is missing: the model whose layers are probed");
  });
  EvaluationRequest const request =
      read_evaluation_request(context, is_probe_file, set_estimators_aside);
  ProbeRequest asked;
  on_every_rank(context.comm, [&] { asked = parse_request(context.arguments, request.settings); });
  say(context.comm, probe_job(request, asked, context.comm, context.command_line));
  return ExitCode::finished;
}

constexpr auto explanation =
    "Reads labels from every layer of a trained model, and compares them with the iterations of "
    "EM, Lloyd\nand gradient ascent on the same tasks. Labels are read by the model's own "
    "read-out, and by linear\nprobes that are fitted on other tasks. Keys that are not given have "
    "the values of the training.\n";

std::vector<CommandOption> const options{
    {"model", "DIR", "folder of a trained model, as tvem run wrote it"},
    {"out", "FILE", "the HDF5 file to write"},
    {"algorithms", "LIST",
     "what layers are compared with [em:start=given, lloyd:start=given,\ngradient:start=given; "
     "without a guess em, lloyd, gradient]"},
    {"iterations", "T", "of each algorithm [10]"},
    {"fit-tasks", "N",
     "tasks that the linear probes are fitted on [1024]; eval.tasks others judge"}};

}  // namespace

Command probe_command() {
  return {
      .name = "probe",
      .summary = "the layers of a trained Transformer beside iterations of EM and Lloyd",
      .usage = "tvem probe --model DIR --out FILE [--task.KEY VALUE ...] [--eval.KEY VALUE ...]",
      .explanation = explanation,
      .options = options,
      .is_parallel = true,
      .further_help =
          [] {
            return std::string(
                "The keys are those of tvem run --help: task.*, input.init, input.corruption, "
                "eval.tasks, eval.seed, eval.layers, eval.rank, eval.pruned, eval.pruned_units and "
                "em.*.\n");
          },
      .run = &run};
}

}  // namespace tvem
