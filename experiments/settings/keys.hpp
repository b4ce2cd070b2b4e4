#pragma once

#include <functional>
#include <string>
#include <vector>

#include "framework/core/settings.hpp"

namespace tvem {

/// What a key determines: the trained parameters, the evaluation, or neither (when and where to
/// write).
enum class KeyRole { training, evaluation, operational };

/// A configuration key, SECTION.NAME, bound to a member of Settings.
struct Key {
  std::string name;
  std::string meaning;   // with its unit
  std::string accepted;  // "an integer 1..1024", "gelu or relu"
  KeyRole role;
  std::function<bool(std::string const& text, Settings& settings)> parse;  // false: not accepted
  std::function<std::string(Settings const& settings)> print;  // parse reads it back exactly
};

/// All keys, by section, in the order of the help.
std::vector<Key> const& configuration_keys();

/// The key of this name; none where there is none.
Key const* find_key(std::string const& name);
/// The name of the key that is most like this one (Levenshtein distance).
std::string nearest_key(std::string const& name);

/// Every key with meaning, accepted values and default, by section, for --help.
std::string keys_help();

}  // namespace tvem
