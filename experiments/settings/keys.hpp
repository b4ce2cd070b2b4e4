#pragma once

#include <string>
#include <vector>

#include "framework/core/setting.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// A configuration key, SECTION.NAME: a row in the table of its module (tasks/settings.cpp,
/// nn/settings.cpp, ...; for em.* estimators/options.cpp).
using Key = Setting<Settings>;

/// All keys, by section, in the order of the help.
std::vector<Key> const& configuration_keys();

/// Settings with the first default of every key, also of those whose default has changed since.
Settings const& first_settings();

Key const* find_key(std::string const& name);
/// The name of the key that is most like this one (Levenshtein distance).
std::string nearest_key(std::string const& name);
/// Whether the key describes the tasks that a trained model meets.
bool is_of_tasks(Key const& key);
/// Whether the key changes a trained model for its evaluation; baselines do not read it.
bool is_of_ablation(Key const& key);
/// Whether the tasks of some family read the key, where its tasks read it at all.
bool is_read_by_some_family(Key const& key, Settings const& settings);
/// Whether a trained model can meet other values of the key: it describes the tasks or the guess.
bool is_of_tasks_or_guess(Key const& key);

/// "unknown key "task.dims"; the nearest known one is task.dim".
std::string unknown_key_text(std::string const& name);

/// "task.dim = "4.5" is not accepted; it is an integer 1..1024, ...".
std::string unaccepted_text(Key const& key, std::string const& value);

/// Every key with meaning, accepted values and default, by section, for --help.
std::string keys_help();

}  // namespace tvem
