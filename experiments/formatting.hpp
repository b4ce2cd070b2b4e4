#pragma once

#include <cmath>
#include <cstdio>
#include <string>

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

}  // namespace tvem
