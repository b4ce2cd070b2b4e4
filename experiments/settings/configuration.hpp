#pragma once

#include <string>
#include <vector>

#include "experiments/settings/ini.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

struct Configuration {
  Settings settings;              // keys that are wrong have their defaults
  std::vector<Assignment> sweep;  // of the section [sweep], in the order of its axes
  std::vector<std::string> problems;
  bool are_values_read = true;  // whether more can be said of the values (settings_problems)

  void check() const;
};

/// Reads the text of an INI file, then command-line arguments (--task.dim 4, --task.dim=4), which
/// win. They hold keys; families of tasks ([family.NAME], --family.NAME.task.noise student); the
/// axes of a sweep ([sweep], --sweep.KEY LIST); and presets: sections [preset.NAME] of whole keys
/// (train.steps = 9, sweep.run.seed = 1..9), used with --preset NAME. Every problem is a sentence
/// with the key, the value found and what is accepted. A prefix of a key is no key. ini_name: what
/// problems call the text. Families are not resolved: an axis may name others.
Configuration read_configuration(std::string const& ini_text, std::string const& ini_name,
                                 std::vector<std::string> const& arguments);

/// Reads the configuration of one run: an axis is a problem, families are resolved, and keys that
/// contradict each other are problems.
Configuration parse_configuration(std::string const& ini_text, std::string const& ini_name,
                                  std::vector<std::string> const& arguments);

/// The same, the settings only; throws ConfigurationError with all problems.
Settings parse_settings(std::string const& ini_text, std::string const& ini_name,
                        std::vector<std::string> const& arguments);

/// A complete configuration that an earlier build wrote, with the keys that it did not know yet
/// and whose defaults have changed since: at their first defaults.
std::string with_first_defaults(std::string stored_text);

/// The complete configuration as the text of an INI file, which read_configuration reads back
/// exactly.
std::string configuration_text(Settings const& settings);

}  // namespace tvem
