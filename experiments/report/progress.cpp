#include "experiments/report/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "experiments/report/formatting.hpp"
#include "experiments/report/output.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

/// " [######..............] "
std::string bar(std::int64_t done, std::int64_t total) {
  std::int64_t const filled = total > 0 ? 20 * done / total : 20;
  return fmt::format(" [{:.<20}] ", std::string(filled, '#'));
}

}  // namespace

bool output_is_terminal() {
  if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) return isatty(STDOUT_FILENO) == 1;
  // Under mpirun our own output is always a pseudo-terminal: the output of mpirun counts.
  std::error_code ignored;
  std::string const path = fs::read_symlink(fmt::format("/proc/{}/fd/1", getppid()), ignored);
  return path.starts_with("/dev/pts/") || path.starts_with("/dev/tty");
}

StatusLine::~StatusLine() {
  if (width_ > 0) print("\n");
}

void StatusLine::show(std::string text) {
  std::size_t const length = text.size();
  if (length < width_) text.append(width_ - length, ' ');
  width_ = length;
  print("\r" + text);
}

void StatusLine::clear() {
  if (width_ == 0) return;
  print("\r" + std::string(width_, ' ') + "\r");
  width_ = 0;
}

std::string duration_text(double seconds) {
  std::int64_t const whole = std::llround(std::min(seconds, 1e12));
  if (whole >= 3600) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  if (whole >= 60) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

Progress::Progress(std::string title, bool is_active, std::int64_t done_before)
    : title_(std::move(title)),
      is_active_(is_active),
      is_terminal_(is_active && output_is_terminal()),
      done_before_(done_before) {}

void Progress::say(std::string const& lines) {
  if (!is_active_ || lines.empty()) return;
  line_.clear();
  print(lines);
}

void Progress::show(std::int64_t done, std::int64_t total, std::string const& details) {
  if (!is_active_) return;
  auto const now = Clock::now();
  double const interval_s = is_terminal_ ? 0.2 : 5.0;
  bool const is_last = done >= total;
  if (!is_last && std::chrono::duration<double>(now - last_shown_).count() < interval_s) return;
  last_shown_ = now;
  double const elapsed_s = std::chrono::duration<double>(now - start_).count();
  std::int64_t const done_now = done - done_before_;
  double const left_s = done_now > 0 ? elapsed_s * ratio(total - done, done_now) : 0;
  std::string const time =
      is_last ? "in " + duration_text(elapsed_s) : duration_text(left_s) + " left";
  std::string const line =
      fmt::format("{}{}{}/{}{}{}  {}", title_, is_terminal_ ? bar(done, total) : " ", done, total,
                  details.empty() ? "" : "  ", details, time);
  if (is_terminal_)
    line_.show(line);
  else
    print(line + "\n");
}

}  // namespace tvem
