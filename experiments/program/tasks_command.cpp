#include "experiments/program/command.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/run/trained_model.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/settings/problems.hpp"
#include "framework/core/setting.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/starts/initial_guess.hpp"
#include "io/tasks/tasks_file.hpp"

namespace tvem {
namespace {

/// The tasks that are asked for.
struct Choice {
  Purpose purpose = Purpose::evaluation_tasks;
  std::string word = "evaluation";
  std::uint64_t seed = 0;
  std::int64_t first = 0, n = 0;  // ids
};

Choice choice_of(Arguments const& arguments, Settings const& settings, Sentences& problems) {
  Choice choice{.seed = settings.eval.seed, .n = settings.eval.tasks};
  if (!arguments.has("steps")) return choice;
  std::string const steps = arguments.value("steps");
  Range<std::int64_t> range{0, 0};
  if (!parse_range(steps, {0, settings.train.steps - 1}, range)) {
    problems.push_back(
        fmt::format("--steps {}: a step or a range such as 0..9, of the {} steps 0..{}", steps,
                    settings.train.steps, settings.train.steps - 1));
    return choice;
  }
  std::int64_t const per_step = settings.train.tasks_per_step;
  return {.purpose = Purpose::training_tasks,
          .word = "training",
          .seed = settings.run.seed,
          .first = range.low * per_step,
          .n = (range.high - range.low + 1) * per_step};
}

GiveTask giver_of(Settings const& settings, Choice const& choice, TaskPrior const& prior) {
  return [&settings, &prior, choice](std::int64_t place, Task& task) {
    std::int64_t const id = choice.first + place;
    bool const is_training = choice.purpose == Purpose::training_tasks;
    if (is_training)
      prior.sample_training(choice.seed, id, task);
    else
      prior.sample(choice.seed, choice.purpose, id, task);
    task.guess = initial_guess(settings.input, choice.seed, choice.purpose, task);
    task.id = id;  // a task of a pool has that of its place there
  };
}

std::string text_of_model(CommandContext const& context) {
  Sentences warnings;
  return configuration_text(
      read_trained_model(context.comm, context.arguments.value("model"), warnings).settings);
}

Settings read_settings(CommandContext const& context, Sentences& problems) {
  Arguments const& arguments = context.arguments;
  if (arguments.has("model") && arguments.has("config"))
    throw ConfigurationError("--model and --config: give one of them, whose tasks are written");
  std::string const text =
      arguments.has("model") ? text_of_model(context) : configuration_file_text(context);
  Configuration const read = parse_configuration(text, arguments.value("config"), arguments.rest);
  problems = read.problems;
  if (problems.empty()) problems = module_problems(read.settings);
  return read.settings;
}

void check_target(Arguments const& arguments, Sentences& problems) {
  fs::path const file = arguments.value("out");
  if (!arguments.has("out"))
    problems.emplace_back("--out FILE is missing: the file that is written");
  else if (auto const problem = target_problem(file, is_tasks_file); !problem.empty())
    problems.push_back(fmt::format("--out {}: {}", file, problem));
}

void write(CommandContext const& context, Settings const& settings, Choice const& choice) {
  TaskPrior const prior(settings.task);
  GiveTask const give = giver_of(settings, choice, prior);
  TasksRecord const record{.header = {.run_id = run_id(settings),
                                      .config_text = configuration_text(settings),
                                      .created_utc = now_utc(),
                                      .provenance = {this_start(1, context.command_line)}},
                           .purpose = choice.word,
                           .seed = choice.seed,
                           .family_names = family_names(settings.task),
                           .has_truth = !context.arguments.has("blind"),
                           .has_guess = settings.input.guess != GuessKind::none};
  write_tasks_file(context.arguments.value("out"), record,
                   sizes_of_tasks(settings.task, choice.n, give), give);
}

ExitCode run(CommandContext const& context) {
  Sentences problems;
  Settings const settings = read_settings(context, problems);
  Choice const choice = choice_of(context.arguments, settings, problems);
  check_target(context.arguments, problems);
  refuse_if_any(problems);
  write(context, settings, choice);
  say(context.comm,
      fmt::format("{} {} tasks in {}\n", choice.n, choice.word, context.arguments.value("out")));
  return ExitCode::finished;
}

constexpr auto explanation =
    "The very tasks that tvem draws, for programs of your own: points, labels, mixtures and "
    "guesses in an HDF5\nfile, which xarray reads (io/SCHEMA.md). They are the tasks of the "
    "evaluation, or of training steps.\ntvem evaluate --tasks FILE evaluates on them.\n";

std::vector<CommandOption> const options{
    {"config", "FILE", "configuration of the tasks, an INI file"},
    {"model", "DIR", "or a folder of tvem run, whose tasks they are"},
    {"out", "FILE", "the HDF5 file to write"},
    {"steps", "A..B", "the tasks of these training steps, from 0; without it, of the evaluation"},
    {"blind", "", "without labels and mixtures"}};

}  // namespace

Command tasks_command() {
  return {.name = "tasks",
          .summary = "writes the tasks of an evaluation, or of training steps, into a file",
          .usage =
              "tvem tasks --config FILE --out FILE [--eval.tasks N] [--SECTION.KEY VALUE ...]\n"
              "       tvem tasks --model DIR --out FILE [--steps A..B]",
          .explanation = explanation,
          .options = options,
          .run = &run};
}

}  // namespace tvem
