#pragma once

#include <chrono>
#include <string>

namespace tvem {

/// Whether this process is asked to stop: by SIGUSR2, SIGTERM, SIGINT or SIGHUP, or because its
/// time is over. A second signal, at least a second later, ends the process at once. (Launchers may
/// send one twice.)
class StopRequest {
 public:
  /// Catches the signals from now on. max_minutes: text of the option, counted from now; empty for
  /// no limit. Throws ConfigurationError when it is not a positive number.
  explicit StopRequest(std::string const& max_minutes);

  bool is_there() const;

 private:
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace tvem
