#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/tasks/prior.hpp"
#include "io/fs.hpp"
#include "io/tasks/tasks_file.hpp"

namespace tvem {

/// What a program says of a task.
struct Answer {
  std::vector<int> labels;         // n, -1 for noise; or none
  std::optional<Mixture> mixture;  // of the task's k and d; beside labels it may be missing (NaN)
  std::optional<double> seconds;   // that it took
};

/// A file of answers (io/SCHEMA.md) that a program has written on a file of tasks. They are read in
/// parts.
class AnswersFile {
 public:
  /// Verifies the whole file. Throws ConfigurationError with up to ten problems: what is missing,
  /// or of another kind or shape, and values that are no answer. subject: what they begin with.
  static void verify(fs::path const& path, fs::path const& tasks, std::string const& subject);

  /// Opens a file that was verified. tasks must outlive it.
  AnswersFile(fs::path const& path, TasksFile const& tasks);
  ~AnswersFile();

  /// The answer on the task of a place.
  Answer answer(std::int64_t place) const;

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace tvem
