#include "framework/train/state_digest.hpp"

#include <array>
#include <cstddef>
#include <span>

#include "framework/core/sha256.hpp"

namespace tvem {

std::string digest_of(TrainingState const& state) {
  std::array<std::int64_t, 5> const numbers{state.step, state.chunk, state.optimizer.n_updates,
                                            std::ssize(state.steps),
                                            std::ssize(state.learning_curve)};
  Sha256 sha;
  sha.update(std::as_bytes(std::span(numbers)));
  for (auto const* values : {&state.parameters, &state.optimizer.first_moment,
                             &state.optimizer.second_moment, &state.optimizer.average})
    sha.update(std::as_bytes(std::span(values->data(), values->size())));
  return sha.hex_digest();
}

}  // namespace tvem
