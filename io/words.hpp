#pragma once

#include <string>

#include "tvem/core/error.hpp"
#include "tvem/core/settings.hpp"

namespace tvem {

/// The value of an enumeration that a file names. Throws Error for a word that this program does
/// not know.
template <class E>
E word(std::string const& text) {
  for (std::size_t i = 0; i < enum_names<E>.size(); ++i)
    if (enum_names<E>[i] == text) return static_cast<E>(i);
  throw Error("\"" + text + "\" in a file is unknown to this version of the program");
}

}  // namespace tvem
