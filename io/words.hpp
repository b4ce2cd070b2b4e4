#pragma once

#include <string>

#include "tvem/core/error.hpp"
#include "tvem/core/settings.hpp"

namespace tvem {

/// The value of an enumeration that a file names. Throws Error for a word that this program does
/// not know.
template <class E>
E word(std::string const& text) {
  if (auto const value = value_named<E>(text)) return *value;
  throw Error("\"" + text + "\" in a file is unknown to this version of the program");
}

}  // namespace tvem
