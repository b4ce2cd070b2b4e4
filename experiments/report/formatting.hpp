#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "framework/core/index.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {

/// A number to `decimals` places; a large one in three digits; a dash for NaN. Numbers that round
/// to 0 have no sign.
inline std::string number(double value, int decimals) {
  if (std::isnan(value)) return "-";
  std::string const text = std::fabs(value) < 1e5 ? fmt::format("{:.{}f}", value, decimals)
                                                  : fmt::format("{:.2e}", value);
  bool const is_zero = text.find_first_not_of("-0.") == std::string::npos;
  return is_zero && text[0] == '-' ? text.substr(1) : text;
}

/// A number with its sign; 0 has none.
inline std::string signed_number(double value, int decimals) {
  std::string const text = number(value, decimals);
  bool const is_positive = text[0] != '-' && text.find_first_not_of("0.") != std::string::npos;
  return (is_positive ? "+" : "") + text;
}

/// "+0.0154 [+0.0143, +0.0165]".
inline std::string difference_text(PairedDifference const& difference) {
  return fmt::format("{} [{}, {}]", signed_number(difference.mean, 4),
                     signed_number(difference.low, 4), signed_number(difference.high, 4));
}

/// A quotient of counts.
inline double ratio(std::int64_t a, std::int64_t b) { return as_real(a) / as_real(b); }

/// "3 tasks", "1 task".
inline std::string count_text(std::int64_t count, std::string const& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Rows of cells as lines, with two blanks between columns. The first `n_left` columns are flush
/// left, the others right.
inline std::vector<std::string> aligned(std::vector<std::vector<std::string>> const& rows,
                                        std::size_t n_left = 1) {
  std::vector<std::string> lines(rows.size());
  for (std::size_t c = 0; !rows.empty() && c < rows[0].size(); ++c) {
    std::size_t width = 0;
    for (auto const& row : rows) width = std::max(width, row[c].size());
    for (std::size_t r = 0; r < rows.size(); ++r)
      lines[r] += (c == 0 ? "" : "  ") + (c < n_left ? fmt::format("{:<{}}", rows[r][c], width)
                                                     : fmt::format("{:>{}}", rows[r][c], width));
  }
  return lines;
}

inline std::string text_of_lines(std::vector<std::string> const& lines) {
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace tvem
