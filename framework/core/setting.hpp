#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/range.hpp"
#include "framework/core/text.hpp"

namespace tvem {

/// What a setting determines: the trained parameters, the evaluation, or neither (when and where to
/// write).
enum class Role { training, evaluation, operational };

/// A named member of a struct: how its values are read, printed and described. Every key of the
/// configuration and every option of an estimator is a row of this type, in a table of the module
/// whose settings they are.
template <class S>
struct Setting {
  std::string name;
  std::string meaning;   // with its unit
  std::string accepted;  // "an integer 1..1024", "gelu or relu"
  std::function<bool(std::string const& text, S& settings)> parse;  // false: not accepted
  std::function<std::string(S const& settings)> print;              // parse reads it back exactly
  Role role = Role::training;
  std::function<bool(S const& settings)> is_read = {};  // whether the value is used; none: always
  std::string needed = {};                              // what must be set that it is used

  /// Where the default has changed: the first one. A configuration stored without the key has it.
  std::string first_default = {};

  Setting with_first_default(std::string value) const {
    Setting copy = *this;
    copy.first_default = std::move(value);
    return copy;
  }
  Setting with(Role other) const {
    Setting copy = *this;
    copy.role = other;
    return copy;
  }
  Setting read_if(std::function<bool(S const& settings)> condition, std::string what) const {
    Setting copy = *this;
    copy.is_read = std::move(condition);
    copy.needed = std::move(what);
    return copy;
  }
};

/// One table from several, row after row.
template <class Row>
std::vector<Row> one_table(std::initializer_list<std::vector<Row>> parts) {
  std::vector<Row> table;
  for (auto const& part : parts) table.insert(table.end(), part.begin(), part.end());
  return table;
}

/// "a, b or c": all words of an enumeration.
template <class E>
std::string words_text() {
  std::string text;
  std::size_t const n = enum_names<E>.size();
  for (std::size_t i = 0; i < n; ++i)
    text += (i == 0 ? "" : i + 1 == n ? " or " : ", ") + std::string(enum_names<E>[i]);
  return text;
}

/// Smallest and largest value of a number. A lower bound of `positive` excludes 0.
template <class T>
struct Bounds {
  T low;
  T high;
  bool holds(T value) const { return value >= low && value <= high; }
};
constexpr double positive = std::numeric_limits<double>::min();
constexpr double unbounded = std::numeric_limits<double>::max();
constexpr Bounds<std::uint64_t> any_seed{0, std::numeric_limits<std::uint64_t>::max()};
constexpr std::int64_t any_count = 1'000'000'000;

/// The shortest text that reads back as the same value.
template <class T>
std::string number_text(T value) {
  char text[64];
  auto const result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
}

template <class T>
std::string bounds_text(Bounds<T> bounds) {
  if constexpr (!std::is_floating_point_v<T>)
    return "an integer " + number_text(bounds.low) + ".." + number_text(bounds.high);
  std::string const low = bounds.low == T(positive) ? "> 0" : ">= " + number_text(bounds.low);
  bool const has_high = bounds.high < std::numeric_limits<T>::max();
  return "a number " + low + (has_high ? ", at most " + number_text(bounds.high) : "");
}

/// "3", or "2..4".
template <class T>
std::string range_text(Range<T> const& range) {
  return number_text(range.low) + (range.is_fixed() ? "" : ".." + number_text(range.high));
}

template <class T>
bool parse_range(std::string const& text, Bounds<T> bounds, Range<T>& range) {
  std::size_t const dots = text.find("..");
  Range<T> read{};
  if (!read_number(text.substr(0, dots), read.low)) return false;
  read.high = read.low;
  if (dots != std::string::npos && !read_number(text.substr(dots + 2), read.high)) return false;
  if (!bounds.holds(read.low) || !bounds.holds(read.high) || read.low > read.high) return false;
  range = read;
  return true;
}

template <class S, class T>
Setting<S> number(std::string name, T S::*member, std::type_identity_t<Bounds<T>> bounds,
                  std::string meaning) {
  auto const parse = [=](std::string const& text, S& settings) {
    T value{};
    if (!read_number(text, value) || !bounds.holds(value)) return false;
    settings.*member = value;
    return true;
  };
  auto const print = [=](S const& settings) { return number_text(settings.*member); };
  return {std::move(name), std::move(meaning), bounds_text(bounds), parse, print};
}

template <class S, class T>
Setting<S> number_or_range(std::string name, Range<T> S::*member,
                           std::type_identity_t<Bounds<T>> bounds, std::string meaning) {
  auto const parse = [=](std::string const& text, S& settings) {
    return parse_range(text, bounds, settings.*member);
  };
  auto const print = [=](S const& settings) { return range_text(settings.*member); };
  return {std::move(name), std::move(meaning), bounds_text(bounds) + ", or a range a..b of them",
          parse, print};
}

/// A word of an enumeration.
template <class S, class E>
Setting<S> word(std::string name, E S::*member, std::string meaning) {
  auto const parse = [=](std::string const& text, S& settings) {
    auto const value = value_named<E>(text);
    if (value) settings.*member = *value;
    return value.has_value();
  };
  auto const print = [=](S const& settings) { return std::string(name_of(settings.*member)); };
  return {std::move(name), std::move(meaning), words_text<E>(), parse, print};
}

template <class S>
Setting<S> flag(std::string name, bool S::*member, std::string meaning) {
  auto const parse = [=](std::string const& text, S& settings) {
    if (text != "true" && text != "false") return false;
    settings.*member = text == "true";
    return true;
  };
  auto const print = [=](S const& settings) {
    return std::string(settings.*member ? "true" : "false");
  };
  return {std::move(name), std::move(meaning), "true or false", parse, print};
}

}  // namespace tvem
