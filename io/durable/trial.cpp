#include "io/durable/trial.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

using Clock = std::chrono::steady_clock;

/// First letter of an answer: what `work` returned, or what it threw. The last one is `whole`, so
/// that an answer that broke off is none.
constexpr char result = 'r', wrong_input = 'c', error = 'e', whole = '.';

/// Of the child. Its time is that of the processor: a machine with much to do is no fault of a
/// file.
struct Limits {
  std::chrono::milliseconds time;
  rlim_t memory;
  std::chrono::milliseconds patience() const { return 5 * time; }  // of this process
};

/// In builds with tests: TVEM_TEST_READ_MS milliseconds for a small file, rather than two seconds.
std::int64_t least_ms() {
#ifdef TVEM_TEST_HOOKS
  if (char const* const text = std::getenv("TVEM_TEST_READ_MS")) return std::atoi(text);
#endif
  return 2000;
}

Limits limits_for(std::filesystem::path const& path, std::uint64_t memory) {
  std::error_code unknown;
  std::uintmax_t const size = std::filesystem::file_size(path, unknown);
  std::int64_t const ms_for_size = unknown ? 0 : static_cast<std::int64_t>(size >> 12);
  return {.time = std::chrono::milliseconds(least_ms() + ms_for_size), .memory = memory};
}

void limit_time(std::chrono::milliseconds time) {
  itimerval end{};
  end.it_value.tv_sec = time.count() / 1000;
  end.it_value.tv_usec = 1000 * (time.count() % 1000);
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

/// What there is, when the system says it, and as much more. Sanitizers take all of the address
/// space for their shadow memory.
void limit_memory([[maybe_unused]] rlim_t more) {
#ifndef __SANITIZE_ADDRESS__
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (pages > 0) limit(RLIMIT_AS, pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + more);
#endif
}

void confine(Limits const& limits) {
  // Handlers of the MPI library and of sanitizers write long reports.
  for (int const signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGPROF})
    std::signal(signal, SIG_DFL);
  limit_time(limits.time);
  limit(RLIMIT_CORE, 0);
  limit_memory(limits.memory);
  int const nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, STDOUT_FILENO);
  dup2(nothing, STDERR_FILENO);
}

std::string answer_of(std::filesystem::path const& path, std::function<std::string()> const& work) {
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
    done += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  _exit(0);
}

/// All that comes through the pipe until `end`; false when it is not closed by then.
bool read_until(int pipe, Clock::time_point end, std::string& text) {
  std::array<char, 1 << 16> piece{};
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd waited{.fd = pipe, .events = POLLIN, .revents = 0};
    int const is_ready = left.count() > 0 ? poll(&waited, 1, static_cast<int>(left.count())) : 0;
    if (is_ready == 0) return false;
    ssize_t const n = is_ready < 0 ? -1 : read(pipe, piece.data(), piece.size());
    if (n == 0 || (n < 0 && errno != EINTR)) return true;
    text.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
}

}  // namespace

std::string in_child(std::filesystem::path const& path, std::uint64_t memory,
                     std::function<std::string()> const& work) {
  Limits const limits = limits_for(path, memory);
  std::array<int, 2> pipe{-1, -1};
  pid_t const child = pipe2(pipe.data(), O_CLOEXEC) == 0 ? fork() : -1;
  if (child == 0) {
    confine(limits);
    send(pipe[1], answer_of(path, work));
  }
  int const reason = errno;
  close(pipe[1]);
  std::string answer;
  if (child > 0 && !read_until(pipe[0], Clock::now() + limits.patience(), answer))
    kill(child, SIGKILL);
  close(pipe[0]);
  if (child < 0)
    throw Error(path.string() +
                ": no process could be started to read it: " + std::strerror(reason));
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  if (answer.size() < 2 || answer.back() != whole)
    throw Error(path.string() +
                " is damaged: the HDF5 library crashes on it, or does not come to an end; use "
                "another copy");
  char const kind = answer.front();
  answer.pop_back();
  answer.erase(0, 1);
  if (kind == wrong_input) throw ConfigurationError(split(answer, '\n'));
  if (kind == error) throw Error(answer);
  return answer;
}

}  // namespace tvem
