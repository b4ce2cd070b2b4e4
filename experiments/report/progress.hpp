#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tvem {

/// Whether a person watches standard output, also through mpirun.
bool output_is_terminal();

/// A line on the terminal that is written over.
class StatusLine {
 public:
  StatusLine() = default;
  ~StatusLine();
  StatusLine(StatusLine const&) = delete;
  StatusLine& operator=(StatusLine const&) = delete;

  void show(std::string text);
  /// Empties it, for other output to take its place.
  void clear();

 private:
  std::size_t width_ = 0;
};

/// Shows how far a long piece of work is: on a terminal one line that is written over, elsewhere a
/// line every few seconds. Writes to standard output.
class Progress {
 public:
  /// is_active: false on ranks that stay silent. done_before: work that an earlier start did, which
  /// says nothing of this one's speed.
  Progress(std::string title, bool is_active, std::int64_t done_before = 0);

  /// details: what stands behind the count, such as the loss.
  void show(std::int64_t done, std::int64_t total, std::string const& details);
  /// Prints lines of their own.
  void say(std::string const& lines);

 private:
  using Clock = std::chrono::steady_clock;
  std::string title_;
  bool is_active_;
  bool is_terminal_;
  std::int64_t done_before_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_shown_{};
  StatusLine line_;  // on the terminal
};

/// "1 h 02 min", "3 min 05 s" or "12 s".
std::string duration_text(double seconds);

}  // namespace tvem
