#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace tvem {

/// printf to a string of at most 255 characters.
template <class... Values>
std::string format(char const* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

/// A number to `decimals` places, a large one in three digits, or a dash where there is none. What
/// rounds to 0 has no sign.
inline std::string number(double value, int width, int decimals) {
  if (std::isnan(value)) return format("%*s", width, "-");
  std::string const text =
      std::fabs(value) < 1e5 ? format("%.*f", decimals, value) : format("%.2e", value);
  bool const is_zero = text.find_first_not_of("-0.") == std::string::npos;
  return format("%*s", width, is_zero && text[0] == '-' ? text.c_str() + 1 : text.c_str());
}

/// Rows of cells as lines, each column as wide as its widest cell, with a blank between; the first
/// column is flush left, the others right. Cells come as wide as their column is at least.
inline std::vector<std::string> aligned(std::vector<std::vector<std::string>> rows) {
  std::vector<std::string> lines(rows.size());
  for (std::size_t c = 0; !rows.empty() && c < rows[0].size(); ++c) {
    std::size_t width = 0;
    for (auto& row : rows) {
      if (c > 0 && !row[c].starts_with(' ')) row[c].insert(0, 1, ' ');
      width = std::max(width, row[c].size());
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::string const blanks(width - rows[r][c].size(), ' ');
      lines[r] += c == 0 ? rows[r][c] + blanks : blanks + rows[r][c];
    }
  }
  return lines;
}

}  // namespace tvem
