#pragma once

#include <string>
#include <vector>

#include "framework/train/settings.hpp"

namespace tvem {

/// A sentence for each pair of keys that contradict each other.
std::vector<std::string> contradictions(Settings const& settings);

/// What else is wrong with settings: what the prior of the tasks and the estimators say.
std::vector<std::string> module_problems(Settings const& settings);

}  // namespace tvem
