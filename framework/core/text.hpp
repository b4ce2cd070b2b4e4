#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

namespace tvem {

/// Reads the whole text as a number. Returns false and leaves `value` as it was for anything else,
/// for NaN and infinity.
template <class T>
bool read_number(std::string_view text, T& value) {
  T parsed{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if constexpr (std::is_floating_point_v<T>)
    if (!std::isfinite(parsed)) return false;
  value = parsed + T{0};  // -0 is 0: the same value has one text, and one identity
  return true;
}

/// A number for a message, in three significant digits.
inline std::string rounded_text(double value) { return fmt::format("{:.3g}", value); }

/// All parts, with `between` between them.
template <class Parts>
std::string joined(Parts const& parts, std::string_view between = ", ") {
  return fmt::format("{}", fmt::join(parts, between));
}

/// The text without the blanks and carriage returns around it.
inline std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  std::size_t const begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(blanks) - begin + 1));
}

/// The parts of a text between separators; one empty part for an empty text.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts{""};
  for (char const c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

}  // namespace tvem
