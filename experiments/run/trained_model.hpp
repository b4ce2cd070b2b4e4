#pragma once

#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/records/training.hpp"
#include "framework/train/settings.hpp"
#include "io/checkpoint_file.hpp"
#include "io/fs.hpp"

namespace tvem {

struct TrainedModel {
  FileHeader header;
  Settings settings;
  TrainingState state;
};

/// Collective. Reads the model in a folder of tvem run, the same on every rank. Adds to `warnings`
/// when its training is not finished or its last checkpoint is damaged. Throws ConfigurationError
/// without a model, Error when ranks have read different ones.
TrainedModel read_trained_model(Communicator const& comm, fs::path const& folder,
                                std::vector<std::string>& warnings);

/// Throws Error, naming the file, when its parameters and moments do not fit the model and the
/// optimiser of its configuration.
void check_is_of_its_model(Checkpoint const& checkpoint, fs::path const& file);

/// Stands for a model where no estimator needs one: default settings, no parameters, the best
/// instruction set of this processor.
TrainedModel no_model();

}  // namespace tvem
