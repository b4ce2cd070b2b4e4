#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "framework/core/random.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/tasks/batch.hpp"
#include "framework/train/frame.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// What goes into the model, and the frame of each task in it.
struct ModelInput {
  RaggedBatch batch;
  std::vector<Frame> frames;
};

/// The sizes of tasks that a model of these settings is made for.
ModelDomain model_domain(Settings const& settings);

/// Makes the input of tasks, in the memory that `input` has. Its columns are the coordinates in the
/// task's frame: as many as the largest dimension of a task, with zeros past a task's own.
/// With input.init indicators of the guess's label follow, as many as the largest number of
/// components. With input.auxiliary the mean of the guess's component follows, in the frame of the
/// coordinates, and its share. seed, purpose: that the tasks were drawn with; they key the guess.
/// orientation: as of frame_of.
void fill_model_input(Settings const& settings, std::uint64_t seed, Purpose purpose,
                      std::span<Task const> tasks, ModelInput& input, int orientation = 0);

}  // namespace tvem
