#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tvem/core/settings.hpp"
#include "tvem/io/run_file.hpp"
#include "tvem/train/records.hpp"

namespace tvem {

/// A trained model.
struct TrainedModel {
  FileHeader header;
  Settings settings;
  TrainingState state;
};

/// The model in a folder of tvem run. Adds to `warnings` what the user should know of it: its
/// training is not finished, or its last checkpoint is damaged. Throws ConfigurationError when
/// there is none.
TrainedModel read_trained_model(std::filesystem::path const& folder,
                                std::vector<std::string>& warnings);

}  // namespace tvem
