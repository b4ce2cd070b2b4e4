#pragma once

#include <string>
#include <vector>

#include "framework/core/settings.hpp"

namespace tvem {

/// A name with the text that it is set to.
struct Assignment {
  std::string name, value;
};

/// Reads a configuration: the text of an INI file, then command-line arguments (--task.dim 4),
/// which win. Adds a sentence to `problems` for everything that is wrong, naming the key, the value
/// found and what is accepted; keys without a problem are set. ini_name: what the problems call the
/// text, a file's path. In the file `#` or `;` begins a comment, also right behind a value; a
/// section may be opened again; a section [preset.NAME] has whole
/// keys (train.steps = 9, sweep.run.seed = 1..9) that count when the arguments say --preset NAME.
/// On the command line nothing is guessed from a prefix.
Settings parse_configuration(std::string const& ini_text, std::string const& ini_name,
                             std::vector<std::string> const& arguments,
                             std::vector<std::string>& problems);

/// As above, with the assignments of a sweep, without "sweep.", which are a problem there: the
/// section [sweep], and arguments --sweep.NAME VALUE, which win.
Settings parse_configuration(std::string const& ini_text, std::string const& ini_name,
                             std::vector<std::string> const& arguments,
                             std::vector<std::string>& problems, std::vector<Assignment>& sweep);

/// As the first; throws ConfigurationError with all problems.
Settings parse_configuration(std::string const& ini_text, std::string const& ini_name,
                             std::vector<std::string> const& arguments);

/// A sentence for each pair of keys that contradict each other; parse_configuration adds them.
std::vector<std::string> contradictions(Settings const& settings);

/// The complete configuration as the text of an INI file, which parse_configuration reads back
/// exactly.
std::string configuration_text(Settings const& settings);

}  // namespace tvem
