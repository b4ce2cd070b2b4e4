#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace tvem {

/// The words of an enumeration, in the order of its values: they are what a configuration says.
template <class E>
inline constexpr auto enum_names = std::array<std::string_view, 0>{};

template <class E>
std::string_view name_of(E value) {
  return enum_names<E>[static_cast<std::size_t>(value)];
}

/// The value that this word names; none for an unknown word.
template <class E>
std::optional<E> value_named(std::string_view name) {
  for (std::size_t i = 0; i < enum_names<E>.size(); ++i)
    if (enum_names<E>[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace tvem
