#include "io/points/csv_cell.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "framework/core/text.hpp"

namespace tvem {

bool read_cell(std::string const& cell, char decimal_mark, double& value) {
  std::string text = cell;
  if (decimal_mark == ',') {
    auto const comma = text.find(',');
    if (text.find('.') != std::string::npos) return false;
    if (comma != std::string::npos) text[comma] = '.';
  }
  bool const has_plus = text.starts_with('+') && !text.starts_with("+-");
  return read_number(std::string_view(text).substr(has_plus), value);
}

bool may_have_decimal_commas(char separator) { return separator != ',' && separator != ' '; }

bool is_number(std::string const& cell, char separator) {
  double value = 0;
  return read_cell(cell, '.', value) ||
         (may_have_decimal_commas(separator) && read_cell(cell, ',', value));
}

bool is_missing_word(std::string const& cell) {
  // Case counts: Na is sodium.
  for (auto const* word : {"NA", "N/A", "n/a", "#N/A", "<NA>", "n.a.", "n.d.", "NaN", "nan", "NAN",
                           "-nan", "NULL", "null", "None", "none", "?", "-", "--", "."})
    if (cell == word) return true;
  return false;
}

bool is_column_name(std::string const& cell) {
  if (cell == "#") return true;
  if (is_missing_word(cell)) return false;
  char* end = nullptr;
  std::strtod(cell.c_str(), &end);  // reads inf, 1e400 and hexadecimal numbers too
  if (*end == '\0') return false;
  // The last are the signs for "at most", "at least" and minus, and "plus or minus".
  for (auto const* sign : {"<", ">", "=", "~", "\u2264", "\u2265", "\u2212", "\u00b1"})
    if (cell.starts_with(sign)) return false;
  return std::any_of(cell.begin(), cell.end(), [](unsigned char byte) {
    return std::isalpha(byte) != 0 || byte == '_' || byte >= 0x80;
  });
}

}  // namespace tvem
