#include "experiments/run/external/external_answers.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/report/output.hpp"
#include "experiments/report/progress.hpp"
#include "experiments/run/external/program.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/starts/initial_guess.hpp"
#include "io/durable/digest.hpp"
#include "io/durable/text_file.hpp"

namespace tvem {
namespace {

constexpr std::size_t shown_digits = 10;

/// A program of an evaluation, and its files.
struct Program {
  std::string specification, command, subject;
  fs::path folder;

  fs::path answers() const { return folder / "answers.h5"; }
  fs::path log() const { return folder / "log.txt"; }
  fs::path finished() const { return folder / "finished.txt"; }
};

/// Identifies the answers of one program: its command and the tasks, with their guess.
std::string answers_identity(Settings const& settings, std::string const& specification,
                             std::optional<GivenTasks> const& tasks) {
  Settings alone;
  alone.families = settings.families;
  alone.task = settings.task;
  alone.input.guess = settings.input.guess;
  alone.input.corruption = settings.input.corruption;
  alone.eval.tasks = settings.eval.tasks;
  alone.eval.seed = settings.eval.seed;
  alone.eval.estimators = {specification};
  alone.eval.programs = settings.eval.programs;
  std::string const identity = evaluation_identity(Settings{}, alone);
  return tasks ? identity_on_tasks(identity, tasks->digest) : identity;
}

std::vector<Program> programs_of(Settings const& settings, fs::path const& folder,
                                 std::optional<GivenTasks> const& tasks) {
  std::vector<Program> programs;
  for (std::string const& specification : settings.eval.estimators) {
    auto const found = settings.eval.programs.find(specification);
    if (found == settings.eval.programs.end()) continue;
    std::string const name = specification.substr(specification.find(':') + 1);
    std::string const id = answers_identity(settings, specification, tasks).substr(0, shown_digits);
    programs.push_back({.specification = specification,
                        .command = found->second,
                        .subject = fmt::format("{}={}", specification, found->second),
                        .folder = folder / fmt::format("{}-{}", name, id)});
  }
  return programs;
}

/// The tasks of the evaluation with their guess.
GiveTask giver_of(Settings const& settings, std::optional<GivenTasks> const& tasks) {
  auto const prior = std::make_shared<TaskPrior const>(settings.task);
  return [&settings, &tasks, prior](std::int64_t place, Task& task) {
    constexpr auto purpose = Purpose::evaluation_tasks;
    if (tasks)
      tasks->file->give(place, task);
    else
      prior->sample(settings.eval.seed, purpose, place, task);
    task.guess = initial_guess(settings.input, settings.eval.seed, purpose, task);
  };
}

/// Writes the tasks without their truth.
void write_blind_tasks(fs::path const& file, Settings const& settings,
                       std::optional<GivenTasks> const& tasks) {
  GiveTask const give = giver_of(settings, tasks);
  TasksRecord const record{.header = {.run_id = run_id(settings),
                                      .config_text = configuration_text(settings),
                                      .created_utc = now_utc(),
                                      .provenance = {this_start(1, "")}},
                           .purpose = "evaluation",
                           .seed = settings.eval.seed,
                           .family_names = {},
                           .has_truth = false,
                           .has_guess = settings.input.guess != GuessKind::none};
  write_tasks_file(file, record, sizes_of_tasks(settings.task, settings.eval.tasks, give), give);
}

/// What finished.txt says: the digest of the answers, and the seconds of the program.
struct Finished {
  std::string digest;
  double seconds = 0;
};

std::optional<Finished> finished_of(Program const& program) {
  auto const text = text_of_file(program.finished());
  if (!text || !fs::is_regular_file(program.answers())) return std::nullopt;
  Finished finished;
  for (std::string const& line : split(*text, '\n')) {
    if (line.starts_with("sha256 ")) finished.digest = line.substr(7);
    if (line.starts_with("seconds ")) read_number(line.substr(8), finished.seconds);
  }
  return finished.digest == digest_of_file(program.answers()) ? std::optional(finished)
                                                              : std::nullopt;
}

/// Throws ConfigurationError where the program has failed, or has written no answers.
void check(Program const& program, ProgramEnd const& end, fs::path const& written,
           fs::path const& tasks) {
  if (!end.problem.empty())
    throw ConfigurationError(fmt::format("{}: {}", program.subject, end.problem));
  if (!fs::is_regular_file(written))
    throw ConfigurationError(fmt::format(
        "{}: the program has written no answers; it has to make the HDF5 file that its second word "
        "names (io/SCHEMA.md); {} has what it printed",
        program.subject, program.log()));
  AnswersFile::verify(written, tasks, program.subject);
}

/// Puts answers that are whole in their place.
Finished keep(Program const& program, fs::path const& written, double seconds) {
  fs::rename(written, program.answers());
  Finished const finished{.digest = digest_of_file(program.answers()), .seconds = seconds};
  write_text(program.finished(), fmt::format("command {}\nseconds {}\nsha256 {}\n", program.command,
                                             finished.seconds, finished.digest));
  return finished;
}

/// Starts the program, verifies what it has written, and keeps it. None when it was stopped.
std::optional<Finished> start(Program const& program, fs::path const& tasks,
                              WorkHooks const& hooks) {
  fs::create_directories(program.folder);
  remove_left_over_writes(program.folder);
  fs::path const written = temporary_name(program.answers());
  ProgramEnd const end = run_program(program.command, {tasks.string(), written.string()},
                                     program.log(), hooks.wants_stop);
  std::error_code ignored;
  try {
    if (!end.is_stopped) {
      check(program, end, written, tasks);
      if (hooks.may_replace) hooks.may_replace();
      return keep(program, written, end.seconds);
    }
  } catch (...) {
    fs::remove(written, ignored);
    throw;
  }
  fs::remove(written, ignored);
  return std::nullopt;
}

/// The answers that are kept, or new ones; none when the program was stopped.
std::optional<Finished> answered(Program const& program, fs::path const& tasks, Voice voice,
                                 WorkHooks const& hooks) {
  auto const kept = finished_of(program);
  auto const finished = kept ? kept : start(program, tasks, hooks);
  if (voice == Voice::aloud && finished)
    print(fmt::format("{}: {} {}\n", program.subject,
                      kept ? "its answers are kept, of" : "has answered in",
                      duration_text(finished->seconds)));
  return finished;
}

/// Points without a cluster (-1) are one cluster more. Without any cluster the program has failed.
void take_labels(std::vector<int> labels, Fit& fit) {
  int const largest = *std::max_element(labels.begin(), labels.end());
  if (largest < 0) fit.status = FitStatus::failed;
  std::replace(labels.begin(), labels.end(), -1, largest + 1);
  fit.labels = std::move(labels);
}

Fit fit_of(Answer answer, Task const& task, double seconds_of_task) {
  Fit fit;
  fit.external_seconds = answer.seconds.value_or(seconds_of_task);
  fit.log_likelihood = std::nan("");
  if (answer.mixture) {
    fit.mixture = std::move(*answer.mixture);
    fit.log_likelihood = mean_log_likelihood(fit.mixture, task.points);
  }
  if (answer.labels.empty())
    fit.labels = map_labels(fit.mixture, task.points);
  else
    take_labels(std::move(answer.labels), fit);
  return fit;
}

}  // namespace

ExternalAnswers::ExternalAnswers(Communicator const& comm, Settings const& settings,
                                 fs::path const& file, std::optional<GivenTasks> const& tasks,
                                 Voice voice, WorkHooks const& hooks) {
  if (settings.eval.programs.empty()) return;
  on_root(comm, [&] {
    // Absolute: a program may change its folder.
    fs::path const folder = fs::absolute(file).lexically_normal().string() + ".external";
    read(settings, folder, tasks, voice, hooks);
  });
  if (comm.max(is_stopped_ ? 1 : 0) == 1)
    throw StoppedOnRequest("stopped on request while a program of eval.estimators was at work");
}

void ExternalAnswers::read(Settings const& settings, fs::path const& folder,
                           std::optional<GivenTasks> const& tasks, Voice voice,
                           WorkHooks const& hooks) {
  auto const programs = programs_of(settings, folder, tasks);
  if (programs.empty()) return;
  fs::path const tasks_file = folder / "tasks.h5";
  fs::create_directories(folder);
  remove_left_over_writes(folder);
  write_blind_tasks(tasks_file, settings, tasks);
  tasks_.emplace(tasks_file);
  for (Program const& program : programs) {
    auto const finished = answered(program, tasks_file, voice, hooks);
    is_stopped_ = !finished;
    if (is_stopped_) return;
    digests_ += finished->digest;
    answers_.emplace(
        program.specification,
        Answers{.file = std::make_shared<AnswersFile const>(program.answers(), *tasks_),
                .seconds_of_task = finished->seconds / as_real(settings.eval.tasks)});
  }
}

std::string ExternalAnswers::identity_of_rows(std::string const& evaluation_identity) const {
  return digests_.empty() ? evaluation_identity : identity_on_tasks(evaluation_identity, digests_);
}

ExternalFit ExternalAnswers::fit() const {
  return [this](EstimatorSpec const& spec, Task const& task) {
    Answers const& answers = answers_.at(spec.text);
    return fit_of(answers.file->answer(static_cast<std::int64_t>(task.id)), task,
                  answers.seconds_of_task);
  };
}

}  // namespace tvem
