#include "stop_request.hpp"

#include <csignal>
#include <ctime>

#include <unistd.h>

#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"

namespace tvem {
namespace {

// All that a signal handler may touch.
volatile std::sig_atomic_t is_asked = 0;
timespec asked_at{};

extern "C" void on_signal(int signal) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (is_asked == 0) {
    asked_at = now;
    is_asked = 1;
    return;
  }
  long const since_ms =
      1000 * (now.tv_sec - asked_at.tv_sec) + (now.tv_nsec - asked_at.tv_nsec) / 1'000'000;
  if (since_ms >= 1000) _exit(128 + signal);
}

}  // namespace

StopRequest::StopRequest(std::string const& max_minutes)
    : deadline_(std::chrono::steady_clock::time_point::max()) {
  double minutes = 0;
  if (!max_minutes.empty()) {
    if (!read_number(max_minutes, minutes) || minutes <= 0 || minutes > 1e6)
      throw ConfigurationError("--max-minutes " + max_minutes + ": a number above 0, at most 1e6");
    deadline_ = std::chrono::steady_clock::now() +
                std::chrono::milliseconds(static_cast<std::int64_t>(6e4 * minutes));
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);  // one at a time: the handler shares what it touches
  for (int const signal : {SIGUSR2, SIGTERM, SIGINT}) sigaction(signal, &action, nullptr);
}

bool StopRequest::is_there() const {
  return is_asked != 0 || std::chrono::steady_clock::now() >= deadline_;
}

}  // namespace tvem
