#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/train/settings.hpp"

namespace tvem {

/// Identifies a training: SHA-256 (64 hexadecimal digits) over the keys that determine its
/// parameters and differ from their defaults, and a number that is raised when a default changes
/// its meaning. A new version with one more key therefore finds its old runs.
std::string training_identity(Settings const& settings);

/// Identifies an evaluation: its own keys, and its training.
std::string evaluation_identity(Settings const& settings);

/// Identifies the evaluation of a trained model with the settings `asked`: the training, and the
/// keys task.*, input.*, eval.* and em.* that differ from their defaults. steps_done: of a training
/// that is not finished.
std::string evaluation_identity(Settings const& trained, Settings const& asked,
                                std::optional<std::int64_t> steps_done = {});

/// Identifies the same evaluation on tasks from a file with this digest.
std::string identity_on_tasks(std::string const& evaluation_identity,
                              std::string const& tasks_digest);

/// "NAME-" and the first ten digits of the training's identity.
std::string run_id(Settings const& settings);

/// A sentence for each different key that determines the training: "train.rate: 0.003 there, 0.001
/// asked for". More steps are no difference where the schedule does not depend on their number.
std::vector<std::string> training_differences(Settings const& stored, Settings const& asked);

/// The same for keys that determine no result, such as run.name.
std::vector<std::string> operational_differences(Settings const& stored, Settings const& asked);

}  // namespace tvem
