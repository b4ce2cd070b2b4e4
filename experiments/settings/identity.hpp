#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/train/settings.hpp"

namespace tvem {

/// What a training is: SHA-256 over the keys that determine its parameters and differ from their
/// defaults, plus a number that is raised when a default changes its meaning. A new version with
/// one more key therefore finds its old runs. 64 hexadecimal digits.
std::string training_identity(Settings const& settings);

/// What an evaluation is, likewise: its own keys, and the training that it evaluates.
std::string evaluation_identity(Settings const& settings);

/// What an evaluation of a trained model on the terms of `asked` is: the training, and the keys
/// task.*, input.*, eval.* and em.* that differ from their defaults. steps_done: where the training
/// is not finished.
std::string evaluation_identity(Settings const& trained, Settings const& asked,
                                std::optional<std::int64_t> steps_done = {});

/// "NAME-" and the first ten digits of the training's identity.
std::string run_id(Settings const& settings);

/// A sentence for each key that determines the training and differs: "train.rate: 0.003 there,
/// 0.001 asked for". More steps are no difference where the schedule does not depend on their
/// number.
std::vector<std::string> training_differences(Settings const& stored, Settings const& asked);

/// The same of the keys that determine no result, such as run.name.
std::vector<std::string> operational_differences(Settings const& stored, Settings const& asked);

}  // namespace tvem
