#include "framework/train/settings.hpp"

#include <algorithm>
#include <cctype>

#include "framework/core/text.hpp"

namespace tvem {
namespace {

std::string without_blanks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  return text;
}

/// external:NAME=COMMAND is the specification external:NAME and its command.
bool parse_estimator_list(std::string const& text, EvalSettings& settings) {
  // A line break would not come back from a configuration.
  if (std::ranges::any_of(text, [](unsigned char c) { return c != '\t' && std::iscntrl(c) != 0; }))
    return false;
  std::vector<std::string> specifications;
  std::map<std::string, std::string> programs;
  for (std::string const& item : split(text, ',')) {
    std::string const part = trimmed(item);
    bool const is_program = part.starts_with("external:");
    std::size_t const equals = is_program ? part.find('=') : std::string::npos;
    std::string const name = without_blanks(part.substr(0, equals));
    if (name.empty() || std::ranges::count(specifications, name) > 0) return false;
    specifications.push_back(name);
    if (!is_program) continue;
    if (equals == std::string::npos || trimmed(part.substr(equals + 1)).empty()) return false;
    programs[name] = trimmed(part.substr(equals + 1));
  }
  settings.estimators = specifications;
  settings.programs = programs;
  return true;
}

std::string estimator_list(EvalSettings const& settings) {
  std::vector<std::string> items;
  for (std::string const& specification : settings.estimators) {
    auto const program = settings.programs.find(specification);
    items.push_back(program == settings.programs.end()
                        ? specification
                        : fmt::format("{}={}", specification, program->second));
  }
  return joined(items, ", ");
}

/// Whether it is one of the estimators is checked where these are known (parse_estimators).
bool parse_reference(std::string const& text, EvalSettings& settings) {
  settings.reference = without_blanks(text);
  return !settings.reference.empty();
}

/// A name that is also part of a folder's name.
bool parse_name(std::string const& text, RunSettings& settings) {
  bool const is_plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (text.empty() || text.size() > 64 || text[0] == '.' || !is_plain) return false;
  settings.name = text;
  return true;
}

}  // namespace

std::vector<Setting<RunSettings>> const& run_settings() {
  using T = RunSettings;
  static std::vector<Setting<T>> const table{
      number("seed", &T::seed, any_seed, "seed of the training: initial parameters and tasks"),
      {"name", "name of the run, the first part of its id",
       "letters, digits, - _ and ., at most 64", parse_name,
       [](T const& settings) { return settings.name; }, Role::operational},
  };
  return table;
}

namespace {

std::vector<Setting<TrainSettings>> curve_settings() {
  using T = TrainSettings;
  return {
      number("evaluate_every", &T::evaluate_every, {0, any_count},
             "steps between points of the learning curve; 0: none")
          .with(Role::operational),
      number(
          "evaluate_tasks", &T::evaluate_tasks, {2, any_count},
          "validation tasks for a point of the learning curve, which are none of the evaluation's")
          .with(Role::operational)
          .read_if([](T const& s) { return s.evaluate_every > 0; }, "train.evaluate_every"),
  };
}

std::vector<Setting<TrainSettings>> safety_settings() {
  using T = TrainSettings;
  return {
      number("checkpoint_every", &T::checkpoint_every, {0, any_count},
             "steps between checkpoints; 0: only at the end")
          .with(Role::operational),
      number("checkpoint_minutes", &T::checkpoint_minutes, {0, unbounded},
             "minutes between checkpoints, also; 0: by steps alone")
          .with(Role::operational),
      number("max_skipped", &T::max_skipped, {0, any_count},
             "steps in a row that are skipped, since their loss or gradient is not finite, before "
             "the training ends")
          .with(Role::operational),
  };
}

}  // namespace

std::vector<Setting<TrainSettings>> const& train_settings() {
  static std::vector<Setting<TrainSettings>> const table =
      one_table({{number("tasks_per_step", &TrainSettings::tasks_per_step, {1, 1'000'000},
                         "tasks a step, over all ranks; every step has fresh ones")},
                 curve_settings(),
                 safety_settings()});
  return table;
}

std::vector<Setting<EvalSettings>> const& eval_settings() {
  using T = EvalSettings;
  constexpr auto evaluation = Role::evaluation;
  static std::vector<Setting<T>> const table{
      number("tasks", &T::tasks, {2, any_count}, "evaluation tasks, the same for all estimators")
          .with(evaluation),
      number("seed", &T::seed, any_seed,
             "seed of the evaluation tasks and of the validation tasks; not run.seed")
          .with(evaluation),
      {"estimators", "methods to compare, with options as in em:restarts=10:start=random",
       fmt::format("a list of different ones of {}; a program of your own is "
                   "external:NAME=COMMAND, without a comma",
                   words_text<Method>()),
       parse_estimator_list, estimator_list, evaluation},
      number("trace", &T::trace, {0, 10'000},
             "iterations of every method whose error is recorded; 0: none")
          .with(evaluation),
      {"reference", "the estimator whose labels all others are compared with (column disagreement)",
       "none, or one of eval.estimators", parse_reference,
       [](T const& settings) { return settings.reference; }, evaluation},
  };
  return table;
}

std::vector<Setting<ParallelSettings>> const& parallel_settings() {
  using T = ParallelSettings;
  static std::vector<Setting<T>> const table{
      word("reduction", &T::reduction,
           "sum over ranks: the same bits on any number of ranks, or plain floats"),
      number("chunk", &T::chunk, {0, 1'000'000},
             "tasks that go through the model together; 0: chosen from the other keys"),
  };
  return table;
}

int resolved_chunk(Settings const& settings) {
  if (settings.parallel.chunk > 0)
    return std::min(settings.parallel.chunk, settings.train.tasks_per_step);
  constexpr int most_points = 512, least_chunks = 16;
  int chunk = 1;
  while (2 * chunk * settings.task.points.high <= most_points &&
         2 * chunk * least_chunks <= settings.train.tasks_per_step)
    chunk *= 2;
  return chunk;
}

}  // namespace tvem
