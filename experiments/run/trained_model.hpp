#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/records/training.hpp"
#include "framework/train/settings.hpp"
#include "io/checkpoint_file.hpp"

namespace tvem {

/// A trained model.
struct TrainedModel {
  FileHeader header;
  Settings settings;
  TrainingState state;
};

/// Collective. The model in a folder of tvem run, the same on every rank. Adds to `warnings` what
/// the user should know of it: its training is not finished, or its last checkpoint is damaged.
/// Throws ConfigurationError when there is none, Error when the ranks have read different ones.
TrainedModel read_trained_model(Communicator const& comm, std::filesystem::path const& folder,
                                std::vector<std::string>& warnings);

/// Throws Error, naming the file, when the checkpoint's parameters and moments are not those of the
/// model and optimiser that its configuration says.
void check_is_of_its_model(Checkpoint const& checkpoint, std::filesystem::path const& file);

/// What stands for a model where no estimator needs one: the default settings, no parameters, the
/// best instruction set of this processor.
TrainedModel no_model();

}  // namespace tvem
