#include "experiments/run/external/program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

extern char** environ;

namespace tvem {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto pause = std::chrono::milliseconds(5), stop_period = std::chrono::milliseconds(100);
constexpr auto grace = std::chrono::seconds(5);  // between SIGTERM and SIGKILL
constexpr std::size_t shown_log = 400;           // bytes of it in a message

/// The environment without what makes a process a rank of this job.
std::vector<char*> environment() {
  constexpr std::array<std::string_view, 4> of_mpi{"OMPI_", "PMIX_", "PMI_", "MPI_"};
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    bool const is_of_mpi = std::any_of(of_mpi.begin(), of_mpi.end(), [&](std::string_view prefix) {
      return std::string_view(*variable).starts_with(prefix);
    });
    if (!is_of_mpi) kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

/// In the child: becomes the program. Calls only what is safe after a fork.
[[noreturn]] void become(char const* log, char* const* words, char* const* variables) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int const number : {SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGPIPE}) std::signal(number, SIG_DFL);
  int const input = open("/dev/null", O_RDONLY);
  int const output = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (input < 0 || output < 0) _exit(126);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execve("/bin/sh", words, variables);
  _exit(127);
}

/// The words as execve takes them; they must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t start(std::string const& command, std::vector<std::string> const& words,
            fs::path const& log) {
  // sh -c 'COMMAND "$@"' tvem WORD ...
  std::vector<std::string> all{"sh", "-c", command + " \"$@\"", "tvem"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> const pointers = pointers_to(all);
  std::vector<char*> const variables = environment();
  std::string const log_name = log.string();
  pid_t const process = fork();
  if (process < 0)
    throw Error(fmt::format("{}: no process could be started: {}", command, std::strerror(errno)));
  if (process == 0) become(log_name.c_str(), pointers.data(), variables.data());
  return process;
}

/// Ends the program and what it has started.
void end(pid_t process) {
  kill(-process, SIGTERM);
  auto const deadline = Clock::now() + grace;
  int status = 0;
  while (Clock::now() < deadline && waitpid(process, &status, WNOHANG) == 0)
    std::this_thread::sleep_for(pause);
  kill(-process, SIGKILL);
  waitpid(process, &status, 0);
}

/// The last bytes of a file.
std::string end_of(fs::path const& log) {
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  std::int64_t const size = file ? std::int64_t{file.tellg()} : 0;
  file.seekg(std::max<std::int64_t>(size - 4 * std::int64_t{shown_log}, 0));
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The end of what a program has printed, in quotes.
std::string last_words(fs::path const& log) {
  std::string text = end_of(log);
  text.erase(text.find_last_not_of(" \n\r\t") + 1);
  if (text.empty()) return "it has printed nothing";
  if (text.size() > shown_log) text = "... " + text.substr(text.size() - shown_log);
  return fmt::format("its last words, in {}:\n{}", log, text);
}

std::string problem_of(int status, fs::path const& log) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  // A shell ends with 128 + N for a program that signal N has ended.
  constexpr int of_signals = 128, last_signal = 64;
  int const code = WIFEXITED(status) ? WEXITSTATUS(status) : of_signals + WTERMSIG(status);
  bool const is_signal = code > of_signals && code <= of_signals + last_signal;
  std::string const how = is_signal ? fmt::format("was ended by signal {}", code - of_signals)
                                    : fmt::format("ended with exit code {}", code);
  return fmt::format("the program {}; {}", how, last_words(log));
}

/// Lets children be waited for, whatever this process was started with.
class ChildSignal {
 public:
  ChildSignal() : before_(std::signal(SIGCHLD, SIG_DFL)) {}
  ChildSignal(ChildSignal const&) = delete;
  ChildSignal& operator=(ChildSignal const&) = delete;
  ~ChildSignal() {
    if (before_ != SIG_ERR) std::signal(SIGCHLD, before_);
  }

 private:
  void (*before_)(int);
};

/// Whether the program has ended; then its status.
bool has_ended(pid_t process, int& status) {
  pid_t const found = waitpid(process, &status, WNOHANG);
  if (found < 0 && errno != EINTR)
    throw Error(fmt::format("a program could not be waited for: {}", std::strerror(errno)));
  return found == process;
}

}  // namespace

ProgramEnd run_program(std::string const& command, std::vector<std::string> const& words,
                       fs::path const& log, std::function<bool()> const& wants_stop) {
  auto const begin = Clock::now();
  auto last_question = begin;
  ChildSignal const child_signal;
  pid_t const process = start(command, words, log);
  int status = 0;
  while (!has_ended(process, status)) {
    std::this_thread::sleep_for(pause);
    if (!wants_stop || Clock::now() - last_question < stop_period) continue;
    last_question = Clock::now();
    if (!wants_stop()) continue;
    end(process);
    return {.is_stopped = true, .problem = "", .seconds = 0};
  }
  std::chrono::duration<double> const elapsed = Clock::now() - begin;
  return {.is_stopped = false, .problem = problem_of(status, log), .seconds = elapsed.count()};
}

}  // namespace tvem
