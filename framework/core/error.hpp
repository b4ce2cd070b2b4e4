#pragma once

#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace tvem {

/// Exit codes of the program; scripts and schedulers rely on them.
enum class ExitCode : int { finished = 0, failed = 1, wrong_input = 2, stopped = 75 };

/// A fault of the user's system or of the numbers (a file that cannot be written, a diverged
/// training). The message names what was found, what is accepted, and what to do next.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command line, the configuration or an input file is wrong: one sentence per problem, all at
/// once.
class ConfigurationError : public Error {
 public:
  explicit ConfigurationError(std::vector<std::string> problems);
  explicit ConfigurationError(std::string const& problem)
      : ConfigurationError(std::vector<std::string>{problem}) {}
  std::vector<std::string> const& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

/// A failure of the file system as an exception for users: a ConfigurationError where the path
/// cannot be used (its name is too long, its folder is closed or read-only), else an Error.
std::exception_ptr explained(std::filesystem::filesystem_error const& failure);

/// The work was ended on request at a point from which it goes on; thrown by all ranks alike. Exit
/// code 75.
class StoppedOnRequest : public Error {
 public:
  using Error::Error;
};

/// A training whose loss or gradient is not finite; thrown by all ranks alike.
class TrainingDiverged : public Error {
 public:
  using Error::Error;
};

/// A fault of the program: a condition that callers must keep was violated.
class CheckFailed : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void check_failed(char const* condition, char const* file, int line,
                               std::string const& explanation);
}

}  // namespace tvem

/// Ends the program with the violated condition when it does not hold; stays active in release
/// builds.
#define TVEM_CHECK(condition, explanation)                                                       \
  do {                                                                                           \
    if (!(condition)) ::tvem::detail::check_failed(#condition, __FILE__, __LINE__, explanation); \
  } while (false)
