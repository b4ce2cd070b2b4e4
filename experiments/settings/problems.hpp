#pragma once

#include <string>
#include <vector>

#include "framework/train/settings.hpp"

namespace tvem {

/// A sentence for each pair of keys that contradict each other.
std::vector<std::string> contradictions(Settings const& settings);

/// The problems that the prior of the tasks and the estimators find in settings.
std::vector<std::string> module_problems(Settings const& settings);

/// "task.degrees = 3 has no effect without task.noise = student": a sentence for each key that
/// differs from its default and that nothing reads. Throws ConfigurationError for wrong estimators.
std::vector<std::string> unused_keys(Settings const& settings);

/// A sentence when the coordinates of training tasks are not standardised and have a size from
/// which a Transformer learns little or nothing; else empty.
std::string size_note(Settings const& settings);

/// "em.covariance = full, em.restarts = 10": the keys em.* that differ from their defaults; the
/// names of estimators do not show them. Usually empty.
std::string changed_estimator_defaults(Settings const& settings);

}  // namespace tvem
