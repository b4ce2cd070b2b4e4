#include "trained_model.hpp"

#include "provenance.hpp"
#include "tvem/core/error.hpp"
#include "tvem/io/checkpoint_file.hpp"

namespace tvem {

TrainedModel read_trained_model(std::filesystem::path const& folder,
                                std::vector<std::string>& warnings) {
  std::optional<FoundCheckpoint> found;
  try {
    found = read_checkpoint(folder);
  } catch (Error const& error) {
    throw ConfigurationError(error.what());
  }
  if (!found)
    throw ConfigurationError("--model " + folder.string() +
                             ": there is no checkpoint.h5; give a folder of tvem run");
  if (!found->notice.empty()) warnings.push_back(found->notice);
  TrainedModel model{.header = found->checkpoint.header,
                     .settings = stored_settings(found->checkpoint.header, folder),
                     .state = std::move(found->checkpoint.state)};
  if (model.state.step < model.settings.train.steps)
    warnings.push_back("the model is after " + std::to_string(model.state.step) + " of " +
                       std::to_string(model.settings.train.steps) +
                       " training steps; tvem run goes on with it");
  return model;
}

}  // namespace tvem
