#pragma once

#include <chrono>
#include <string>

namespace tvem {

/// Whether this process should come to an end: SIGUSR2, SIGTERM, SIGINT or SIGHUP asked for it, or
/// its time is over. The first signal is a request; a second one, a second later or more, ends the
/// process at once. (Launchers may send one twice.)
class StopRequest {
 public:
  /// From here on the signals are caught. max_minutes: from now on; text of an option, empty for no
  /// limit. Throws ConfigurationError when it is no positive number.
  explicit StopRequest(std::string const& max_minutes);

  bool is_there() const;

 private:
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace tvem
