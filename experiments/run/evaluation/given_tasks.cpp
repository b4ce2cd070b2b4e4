#include "experiments/run/evaluation/given_tasks.hpp"

#include "experiments/settings/configuration.hpp"
#include "experiments/settings/keys.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/text.hpp"
#include "framework/train/evaluation/evaluation.hpp"
#include "io/durable/digest.hpp"

namespace tvem {
namespace {

bool is_said_by_file(Key const& key) {
  return key.name.starts_with("task.") || key.name == "eval.seed";
}

/// The settings that the file's tasks were drawn with; their sizes alone where another program
/// wrote them.
Settings settings_of(TasksFile const& file) {
  if (file.config_text())
    return parse_settings(with_first_defaults(*file.config_text()), "the configuration of --tasks",
                          {});
  Settings settings;
  settings.task.dim = file.dim();
  settings.task.components = file.components();
  settings.task.points = file.points();
  if (file.has_guess()) settings.input.guess = GuessKind::given;
  return settings;
}

/// Keys of the tasks to which the user gives values of their own.
Sentences changed_keys(Settings const& of_file, Settings const& before, Settings const& asked) {
  Sentences problems;
  for (Key const& key : configuration_keys()) {
    std::string const value = key.print(asked);
    if (is_said_by_file(key) && value != key.print(of_file) && value != key.print(before))
      problems.push_back(
          fmt::format("{} = {}: the tasks are those of --tasks, with {}; leave the key out",
                      key.name, value, key.print(of_file)));
  }
  return problems;
}

std::string count_problem(std::int64_t n_asked, std::int64_t n_tasks) {
  if (n_tasks < 2) return "--tasks: the file has one task, and an evaluation has at least two";
  if (n_asked <= n_tasks) return "";
  return fmt::format("eval.tasks = {}: the file of --tasks has {}", n_asked, n_tasks);
}

}  // namespace

GivenTasks read_given_tasks(Communicator const& comm, fs::path const& path) {
  GivenTasks tasks{.path = path, .digest = {}, .file = {}};
  on_root(comm, [&] {
    TasksFile::verify(path);
    tasks.digest = digest_of_file(path);
  });
  tasks.digest = comm.broadcast(tasks.digest);
  on_every_rank(comm, [&] { tasks.file = std::make_shared<TasksFile const>(path); });
  return tasks;
}

void take_given_tasks(GivenTasks const& tasks, Settings const& before, bool has_count,
                      bool has_model, Settings& asked, Sentences& problems) {
  Settings const of_file = settings_of(*tasks.file);
  append(problems, changed_keys(of_file, before, asked));
  asked.families = of_file.families;
  asked.task = of_file.task;
  asked.eval.seed = of_file.eval.seed;
  asked.eval.are_tasks_given = true;
  if (!has_model && asked.input.guess == GuessKind::none) asked.input.guess = of_file.input.guess;
  if (asked.input.guess == of_file.input.guess) asked.input.corruption = of_file.input.corruption;
  if (!has_count) asked.eval.tasks = tasks.file->n_tasks();
  append_if_any(problems, count_problem(asked.eval.tasks, tasks.file->n_tasks()));
}

Sentences given_tasks_problems(TasksFile const& file, Settings const& settings) {
  Sentences problems;
  auto const require = [&](bool has, std::string const& subject, char const* what) {
    if (!has)
      problems.push_back(
          fmt::format("{} needs {}, which the file of --tasks does not have", subject, what));
  };
  GuessKind const guess = settings.input.guess;
  require(guess != GuessKind::given || file.has_guess(), "input.init = given", "a guess");
  require(guess != GuessKind::corrupted || file.has_labels(), "input.init = corrupted", "labels");
  for (EstimatorSpec const& spec : parse_estimators(settings)) {
    std::string const subject = fmt::format("eval.estimators: \"{}\"", spec.text);
    bool const needs_mixture = spec.method == Method::bayes || spec.method == Method::bayes_guess ||
                               spec.em.start == StartKind::oracle;
    bool const has_knowledge = !(spec.em.known == KnownParameters{});
    bool const needs_prior = spec.weighs_labels() || has_knowledge;
    require(!(needs_mixture || spec.em.known.variance) || file.has_mixtures(), subject,
            "the true mixtures");
    require(!needs_prior || file.config_text().has_value(), subject,
            "the prior of the tasks, as tvem tasks writes it");
  }
  return problems;
}

std::optional<TasksOrigin> origin_of(std::optional<GivenTasks> const& tasks) {
  if (!tasks) return std::nullopt;
  return TasksOrigin{.path = tasks->path.string(), .digest = tasks->digest};
}

}  // namespace tvem
