#include "io/durable/trial.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "io/durable/test_value.hpp"

namespace tvem {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<int, std::milli>;

/// The first letter of an answer says whether `work` returned or threw it. The last letter is
/// `whole`: without it the answer broke off.
constexpr char result = 'r', wrong_input = 'c', error = 'e', whole = '.';

/// Milliseconds of processor time that the child may take. Wall-clock time would blame the file for
/// a busy machine.
std::int64_t most_ms(fs::path const& path) {
  std::error_code unknown;
  std::uintmax_t const size = fs::file_size(path, unknown);
  return test_value("TVEM_TEST_READ_MS", 2000) + (unknown ? 0 : size >> 12);
}

void limit_time(std::int64_t ms) {
  itimerval end{};
  end.it_value.tv_sec = ms / 1000;
  end.it_value.tv_usec = 1000 * (ms % 1000);
  setitimer(ITIMER_PROF, &end, nullptr);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPROF);
  sigprocmask(SIG_UNBLOCK, &signals, nullptr);
}

void limit(decltype(RLIMIT_AS) resource, rlim_t most) {
  rlimit bounds{};
  getrlimit(resource, &bounds);
  bounds.rlim_cur = bounds.rlim_max = std::min(most, bounds.rlim_max);
  setrlimit(resource, &bounds);
}

/// Limits the address space to what is used now, when the system tells that, and `more` bytes.
/// Sanitizers take all of the address space for their shadow memory.
void limit_memory([[maybe_unused]] rlim_t more) {
#ifndef __SANITIZE_ADDRESS__
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (pages > 0) limit(RLIMIT_AS, pages * sysconf(_SC_PAGESIZE) + more);
#endif
}

void confine(std::int64_t ms, std::uint64_t memory) {
  // Handlers of the MPI library and of sanitizers write long reports.
  for (int const signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGPROF})
    std::signal(signal, SIG_DFL);
  limit_time(ms);
  limit(RLIMIT_CORE, 0);
  limit_memory(memory);
  int const nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, STDOUT_FILENO);
  dup2(nothing, STDERR_FILENO);
}

std::string answer_of(fs::path const& path, std::function<std::string()> const& work) {
  try {
    return result + work() + whole;
  } catch (ConfigurationError const& problem) {
    return wrong_input + std::string(problem.what()) + whole;
  } catch (std::bad_alloc const&) {
    return error + path.string() + ": its content needs more memory than a file of its size may" +
           whole;
  } catch (std::exception const& problem) {
    return error + std::string(problem.what()) + whole;
  }
}

[[noreturn]] void send(int pipe, std::string const& answer) {
  for (std::size_t done = 0; done < answer.size();) {
    ssize_t const n = write(pipe, answer.data() + done, answer.size() - done);
    if (n < 0 && errno != EINTR) break;
    done += std::max<ssize_t>(n, 0);
  }
  _exit(0);
}

/// How often a child is started that gives no answer although it does not compute: the machine or
/// its file system is busy, or the child waits for a thread that it does not have.
constexpr int n_trials = 3;

/// Reads the pipe to its end. False when it is still open at the time `end`.
bool read_until(int pipe, Clock::time_point end, std::string& text) {
  std::array<char, 1 << 13> piece{};
  for (;;) {
    auto const left = std::chrono::ceil<Milliseconds>(end - Clock::now());
    pollfd waited{.fd = pipe, .events = POLLIN, .revents = 0};
    int const is_ready = left.count() > 0 ? poll(&waited, 1, left.count()) : 0;
    if (is_ready == 0) return false;
    ssize_t const n = is_ready < 0 ? -1 : ::read(pipe, piece.data(), piece.size());
    if (n == 0 || (n < 0 && errno != EINTR)) return true;
    text.append(piece.data(), std::max<ssize_t>(n, 0));
  }
}

/// Returns or throws what the answer says.
std::string taken(std::string const& answer, fs::path const& path) {
  if (answer.size() < 2 || answer.back() != whole)
    throw Error(
        fmt::format("{} is damaged: the HDF5 library crashes on it, or does not come to an "
                    "end; use another copy",
                    path));
  std::string const text = answer.substr(1, answer.size() - 2);
  if (answer.front() == wrong_input) throw ConfigurationError(split(text, '\n'));
  if (answer.front() == error) throw Error(text);
  return text;
}

/// The answer of one child; none when it takes `patience` without having used its processor time.
std::optional<std::string> answer_of_child(fs::path const& path, std::int64_t ms,
                                           std::chrono::milliseconds patience, std::uint64_t memory,
                                           std::function<std::string()> const& work) {
  std::array<int, 2> pipe{-1, -1};
  pid_t const child = pipe2(pipe.data(), O_CLOEXEC) == 0 ? fork() : -1;
  if (child == 0) {
    confine(ms, memory);
    send(pipe[1], answer_of(path, work));
  }
  int const reason = errno;
  close(pipe[1]);
  std::string answer;
  bool const is_answered = child < 0 || read_until(pipe[0], Clock::now() + patience, answer);
  if (!is_answered) kill(child, SIGKILL);
  close(pipe[0]);
  if (child < 0)
    throw Error(
        fmt::format("{}: no process could be started to read it: {}", path, std::strerror(reason)));
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  if (!is_answered) return std::nullopt;
  return answer;
}

}  // namespace

std::string in_child(fs::path const& path, std::uint64_t memory,
                     std::function<std::string()> const& work) {
  std::int64_t const ms = most_ms(path);
  auto const patience = std::chrono::milliseconds(5 * ms);
  for (int trial = 0; trial < n_trials; ++trial)
    if (auto const answer = answer_of_child(path, ms, patience, memory, work))
      return taken(*answer, path);
  throw Error(fmt::format(
      "{}: reading it took more than {:.3g} s, {} times: the machine or its file system is too "
      "busy; try again",
      path, 1e-3 * as_real(patience.count()), n_trials));
}

}  // namespace tvem
