#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/core/range.hpp"
#include "framework/tasks/prior.hpp"
#include "io/durable/durable.hpp"
#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// What a file of tasks (io/SCHEMA.md) says of all its tasks.
struct TasksRecord {
  FileHeader header;                      // its configuration describes the prior
  std::string purpose;                    // evaluation or training
  std::uint64_t seed = 0;                 // that they were drawn with
  std::vector<std::string> family_names;  // "none" for tasks of no named family
  bool has_truth = true;                  // labels, mixtures and families
  bool has_guess = false;
};

/// The sizes of its arrays.
struct TasksSizes {
  std::int64_t n_tasks = 0, n_points = 0;  // of all tasks together
  int dim = 0, components = 0;             // the largest of a task
  bool has_matrices = false;               // of some covariances
};

/// The sizes of n tasks. Where their numbers of points differ, the tasks are asked for once.
TasksSizes sizes_of_tasks(TaskSettings const& settings, std::int64_t n, GiveTask const& give);

/// Writes the file durably, task after task. Tasks are asked for in their order. Throws Error
/// naming the file.
void write_tasks_file(fs::path const& path, TasksRecord const& record, TasksSizes const& sizes,
                      GiveTask const& give);

/// Whether the path is a whole file that write_tasks_file wrote.
bool is_tasks_file(fs::path const& path);

/// A file of tasks, of tvem or of another program. Tasks are read in blocks, so that a file of any
/// size takes little memory.
class TasksFile {
 public:
  /// Verifies the whole file. Throws ConfigurationError with up to ten problems: datasets that are
  /// missing or of another kind or shape, and values that are no task, each with its place.
  static void verify(fs::path const& path);

  /// Opens a file that was verified.
  explicit TasksFile(fs::path const& path);
  ~TasksFile();

  std::int64_t n_tasks() const;
  Range<int> dim() const;
  Range<int> components() const;
  Range<int> points() const;
  bool has_labels() const;
  bool has_guess() const;
  bool has_mixtures() const;
  /// The place of a task's first point among all; at n_tasks() their number.
  std::int64_t offset(std::int64_t place) const;
  /// k and d of a task.
  int components(std::int64_t place) const;
  int dim(std::int64_t place) const;
  /// The configuration of tvem's own file; none in a file of another program.
  std::optional<std::string> const& config_text() const;

  /// The task of a place, whose id is that place. Labels, guess and mixture as far as the file has
  /// them (Task::has_labels, Task::has_mixture).
  void give(std::int64_t place, Task& task) const;

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace tvem
