#pragma once

#include <string>

#include "framework/records/training.hpp"

namespace tvem {

/// SHA-256 over everything in a state that influences a later step, and over how many rows its
/// curves have: what ranks must agree on. (Only rank 0's learning curve has the errors.)
std::string digest_of(TrainingState const& state);

}  // namespace tvem
