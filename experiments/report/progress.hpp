#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tvem {

/// Whether standard output is a terminal, also through mpirun.
bool output_is_terminal();

/// A line on the terminal that is overwritten.
class StatusLine {
 public:
  StatusLine() = default;
  ~StatusLine();
  StatusLine(StatusLine const&) = delete;
  StatusLine& operator=(StatusLine const&) = delete;

  void show(std::string text);
  /// Empties the line, so that other output can follow.
  void clear();

 private:
  std::size_t width_ = 0;
};

/// Shows the progress of long work on standard output: an overwritten line on a terminal, elsewhere
/// a line every few seconds.
class Progress {
 public:
  /// is_active: false on silent ranks. done_before: work of an earlier start, which does not count
  /// for the speed.
  Progress(std::string title, bool is_active, std::int64_t done_before = 0);

  /// details: text after the count, such as the loss.
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
