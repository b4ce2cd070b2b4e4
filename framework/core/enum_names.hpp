#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace tvem {

/// The words of an enumeration, in the order of its values: they are what a configuration says.
template <class E>
inline constexpr auto enum_names = std::array<std::string_view, 0>{};

/// The number that stands for a value of an enumeration in files and messages.
template <class E>
constexpr auto number_of(E value) {
  return static_cast<std::underlying_type_t<E>>(value);
}

/// The value that this number stands for.
template <class E>
constexpr E value_of(std::int64_t number) {
  return static_cast<E>(number);
}

template <class E>
std::string_view name_of(E value) {
  return enum_names<E>[number_of(value)];
}

/// The value that this word names; none for an unknown word.
template <class E>
std::optional<E> value_named(std::string_view name) {
  for (std::size_t i = 0; i < enum_names<E>.size(); ++i)
    if (enum_names<E>[i] == name) return value_of<E>(i);
  return std::nullopt;
}

}  // namespace tvem
