#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "experiments/settings/keys.hpp"
#include "framework/core/settings.hpp"
#include "framework/core/text.hpp"

namespace tvem {

// How values of each type are read, printed and described: what the rows of keys.cpp are made of.

/// The member `member` of the section `section`, of constant and of mutable settings.
template <class Section, class T>
auto at(Section Settings::*section, T Section::*member) {
  return [=](auto& settings) -> auto& { return settings.*section.*member; };
}

/// The shortest text that reads back as the same value.
template <class T>
std::string number_text(T value) {
  char text[64];
  auto const result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
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

template <class T>
std::string bounds_text(Bounds<T> bounds) {
  std::string const kind = std::is_integral_v<T> ? "an integer" : "a number";
  if constexpr (std::is_floating_point_v<T>) {
    std::string const low = bounds.low == positive ? " > 0" : " >= " + number_text(bounds.low);
    return kind + low + (bounds.high == unbounded ? "" : ", at most " + number_text(bounds.high));
  } else {
    return kind + " " + number_text(bounds.low) + ".." + number_text(bounds.high);
  }
}

template <class T, class Access>
Key number_key(std::string name, KeyRole role, Access access, Bounds<T> bounds,
               std::string meaning) {
  return {std::move(name),
          std::move(meaning),
          bounds_text(bounds),
          role,
          [=](std::string const& text, Settings& settings) {
            T value{};
            if (!read_number(text, value) || !bounds.holds(value)) return false;
            access(settings) = value;
            return true;
          },
          [=](Settings const& settings) { return number_text(access(settings)); }};
}

template <class T, class Access>
Key range_key(std::string name, KeyRole role, Access access, Bounds<T> bounds,
              std::string meaning) {
  return {std::move(name),
          std::move(meaning),
          bounds_text(bounds) + ", or a range a..b of them",
          role,
          [=](std::string const& text, Settings& settings) {
            std::size_t const dots = text.find("..");
            Range<T> range{};
            if (!read_number(text.substr(0, dots), range.low)) return false;
            range.high = range.low;
            if (dots != std::string::npos && !read_number(text.substr(dots + 2), range.high))
              return false;
            if (!bounds.holds(range.low) || !bounds.holds(range.high) || range.low > range.high)
              return false;
            access(settings) = range;
            return true;
          },
          [=](Settings const& settings) {
            auto const& range = access(settings);
            return number_text(range.low) +
                   (range.is_fixed() ? "" : ".." + number_text(range.high));
          }};
}

/// "a, b or c": the words of an enumeration.
template <class E>
std::string words_text(std::size_t n_words = enum_names<E>.size()) {
  std::string text;
  for (std::size_t i = 0; i < n_words; ++i)
    text += (i == 0 ? "" : i + 1 == n_words ? " or " : ", ") + std::string(enum_names<E>[i]);
  return text;
}

/// A word of an enumeration, of which the first `n_accepted` are accepted.
template <class E, class Access>
Key word_key(std::string name, KeyRole role, Access access, std::string meaning,
             std::size_t n_accepted = enum_names<E>.size()) {
  return {std::move(name),
          std::move(meaning),
          words_text<E>(n_accepted),
          role,
          [=](std::string const& text, Settings& settings) {
            auto const value = value_named<E>(text);
            if (!value || static_cast<std::size_t>(*value) >= n_accepted) return false;
            access(settings) = *value;
            return true;
          },
          [=](Settings const& settings) { return std::string(name_of(access(settings))); }};
}

template <class Access>
Key flag_key(std::string name, KeyRole role, Access access, std::string meaning) {
  return {
      std::move(name),
      std::move(meaning),
      "true or false",
      role,
      [=](std::string const& text, Settings& settings) {
        if (text != "true" && text != "false") return false;
        access(settings) = text == "true";
        return true;
      },
      [=](Settings const& settings) { return std::string(access(settings) ? "true" : "false"); }};
}

}  // namespace tvem
