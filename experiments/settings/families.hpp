#pragma once

#include <string>
#include <vector>

#include "experiments/settings/ini.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// Adds an assignment of a section [family.NAME] to the definitions. where: file or command line.
void define_family(std::string const& name, Assignment const& assignment, std::string const& where,
                   Settings& settings, std::vector<std::string>& problems);

/// Applies task.family: the values of one family, or several families to draw from. Where one of
/// several has its own dim, components or points, those of `task` cover all. Keeps the named
/// definitions, so that the printed settings read back as the same. Adds a sentence to `problems`
/// for a name without a section.
void resolve_families(Settings& settings, std::vector<std::string>& problems);

}  // namespace tvem
