#pragma once

#include <string>
#include <vector>

#include "framework/train/settings.hpp"

namespace tvem {

/// A sentence for each pair of keys that contradict each other.
std::vector<std::string> contradictions(Settings const& settings);

/// The problems that the prior of the tasks and the estimators find in settings.
std::vector<std::string> module_problems(Settings const& settings);

}  // namespace tvem
