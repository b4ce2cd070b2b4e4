#pragma once

#include <string>
#include <vector>

#include "framework/estimators/settings.hpp"

namespace tvem {

/// An option of a specification, as in em:restarts=10. The key em.NAME has its default.
struct EstimatorOption {
  Setting<EmSettings> setting;  // its condition is one on the settings of the estimator
  std::vector<Method> methods;  // that take it
  bool has_key = true;
};

/// All options, in the order of the help.
std::vector<EstimatorOption> const& estimator_options();

/// The option of this name; none where there is none.
EstimatorOption const* find_option(std::string const& name);

/// Whether the method takes the option.
bool takes_option(Method method, std::string const& name);

/// "the options of em are restarts, ...".
std::string options_text(Method method);

/// Whether all restarts from this start are the same.
inline bool is_without_chance(StartKind start) {
  return start == StartKind::guess || start == StartKind::oracle;
}

}  // namespace tvem
