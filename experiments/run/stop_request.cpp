#include "experiments/run/stop_request.hpp"

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <ctime>

#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// The time of the first signal by the monotonic clock; 0: none has come. The handler touches
/// nothing else; it may run on several threads at once.
std::atomic<std::int64_t> asked_at_ms = 0;
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

extern "C" void on_signal(int signal) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  std::int64_t const now_ms = std::int64_t{1000} * now.tv_sec + now.tv_nsec / 1'000'000;
  std::int64_t first_ms = 0;
  bool const is_first = asked_at_ms.compare_exchange_strong(first_ms, now_ms);
  if (!is_first && now_ms - first_ms >= 1000) _exit(128 + signal);
}

}  // namespace

StopRequest::StopRequest(std::string const& max_minutes)
    : deadline_(std::chrono::steady_clock::time_point::max()) {
  double minutes = 0;
  if (!max_minutes.empty()) {
    if (!read_number(max_minutes, minutes) || minutes <= 0 || minutes > 1e6)
      throw ConfigurationError(
          fmt::format("--max-minutes {}: a number above 0, at most 1e6", max_minutes));
    deadline_ = std::chrono::steady_clock::now() +
                std::chrono::milliseconds(std::llround(std::floor(6e4 * minutes)));
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int const signal : {SIGUSR2, SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    bool const is_of_nohup = signal == SIGHUP && before.sa_handler == SIG_IGN;
    if (!is_of_nohup) sigaction(signal, &action, nullptr);
  }
}

bool StopRequest::is_there() const {
  using Clock = std::chrono::steady_clock;
  // Every iteration of an estimator asks this: without a deadline it does not look at the clock.
  bool const is_late = deadline_ != Clock::time_point::max() && Clock::now() >= deadline_;
  return asked_at_ms != 0 || is_late;
}

}  // namespace tvem
