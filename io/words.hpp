#pragma once

#include <string>

#include "framework/core/enum_names.hpp"
#include "io/hdf5/stored.hpp"

namespace tvem {

/// The value of an enumeration that an attribute of a file names. Throws Error for a word that this
/// program does not know.
template <class E>
E word(StoredGroup const& group, std::string const& attribute) {
  std::string const text = group.text_attribute(attribute);
  auto const value = value_named<E>(text);
  group.check(value.has_value(), attribute + " \"" + text + "\" is unknown to this program");
  return *value;
}

}  // namespace tvem
