#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tvem {

struct Assignment {
  std::string name, value;
};

/// Reads an INI file: lines [section] and key = value become SECTION.KEY. `#` or `;` begins a
/// comment, also after a value. A section may come again. A list that ends with a comma goes on in
/// the next line, where that is indented. name: what problems call the text. Adds a sentence with
/// its line number to `problems` for every other line. (Libraries stop at the first one.)
std::vector<Assignment> read_ini(std::string const& text, std::string const& name,
                                 std::vector<std::string>& problems);

/// "[section]", then "key = value" lines, for names SECTION.KEY that come section by section.
std::string ini_text(std::vector<Assignment> const& assignments);

/// Takes out the assignments PREFIX.NAME.KEY, in their order, as pairs of NAME and the rest.
std::vector<std::pair<std::string, Assignment>> take_named(std::string const& prefix,
                                                           std::vector<Assignment>& assignments);

}  // namespace tvem
