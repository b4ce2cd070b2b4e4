#pragma once

#include <memory>
#include <optional>
#include <string>

#include "experiments/settings/sentences.hpp"
#include "framework/comm/communicator.hpp"
#include "framework/train/settings.hpp"
#include "io/evaluation_file.hpp"
#include "io/tasks/tasks_file.hpp"

namespace tvem {

/// Tasks of an evaluation that a file has, rather than the prior.
struct GivenTasks {
  fs::path path;
  std::string digest;                     // SHA-256 of the file
  std::shared_ptr<TasksFile const> file;  // which every rank reads for itself

  GiveTask give() const {
    return [file = file](std::int64_t place, Task& task) { file->give(place, task); };
  }
};

/// Collective. Throws ConfigurationError for a file that has no tasks (TasksFile::verify).
GivenTasks read_given_tasks(Communicator const& comm, fs::path const& path);

/// Puts into `asked` what the file says of its tasks: their prior and seed where tvem wrote them,
/// else their sizes alone. before: the settings without the keys of the user, whose keys task.* may
/// not differ from the file. has_count: whether the user gives eval.tasks; else all tasks are
/// taken. has_model: the guess is then as its training had it, or as the user says.
void take_given_tasks(GivenTasks const& tasks, Settings const& before, bool has_count,
                      bool has_model, Settings& asked, Sentences& problems);

/// Why estimators and guess need what the file does not have, one sentence a problem.
Sentences given_tasks_problems(TasksFile const& file, Settings const& settings);

std::optional<TasksOrigin> origin_of(std::optional<GivenTasks> const& tasks);

}  // namespace tvem
