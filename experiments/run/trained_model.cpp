#include "experiments/run/trained_model.hpp"

#include "experiments/run/provenance.hpp"
#include "experiments/settings/configuration.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/train/model_input.hpp"
#include "framework/train/state_digest.hpp"
#include "io/checkpoint_file.hpp"

namespace tvem {
namespace {

FoundCheckpoint read_any_checkpoint(fs::path const& folder) {
  std::optional<FoundCheckpoint> found;
  try {
    found = read_checkpoint(folder, check_is_of_its_model, Steps::none);
  } catch (Error const& error) {
    throw ConfigurationError(
        fmt::format("{}; tvem run with its settings trains it anew", error.what()));
  }
  if (!found)
    throw ConfigurationError(
        fmt::format("--model {}: there is no checkpoint.h5; give a folder of tvem run", folder));
  return *found;
}

}  // namespace

void check_is_of_its_model(Checkpoint const& checkpoint, fs::path const& file) {
  Settings const settings = stored_settings(checkpoint.header, file);
  Transformer<float> const model(settings.model, model_domain(settings));
  OptimizerState const& optimizer = checkpoint.state.optimizer;
  bool const has_second = settings.train.optimizer != OptimizerKind::sgd;
  bool const has_average = settings.train.average > 0 && optimizer.n_updates > 0;
  if (checkpoint.layout.views() != model.layout().views() ||
      optimizer.second_moment.empty() == has_second || optimizer.average.empty() == has_average)
    throw Error(
        fmt::format("{} is damaged: its parameters are not those of the model in its "
                    "configuration; use another copy",
                    file));
}

TrainedModel read_trained_model(Communicator const& comm, fs::path const& folder,
                                std::vector<std::string>& warnings) {
  std::optional<FoundCheckpoint> found;
  on_every_rank(comm, [&] { found = read_any_checkpoint(folder); });
  if (!is_same_on_all_ranks(comm, digest_of(found->checkpoint.state)))
    throw Error(
        fmt::format("--model {}: the ranks have read different checkpoints; start again when no "
                    "training writes there, in a folder that all nodes share",
                    folder));
  if (!found->notice.empty()) warnings.push_back(found->notice);
  TrainedModel model{.header = found->checkpoint.header,
                     .settings = stored_settings(found->checkpoint.header, folder),
                     .state = std::move(found->checkpoint.state)};
  if (model.state.step < model.settings.train.steps)
    warnings.push_back(
        fmt::format("the model is after {} of {} training steps; tvem run goes on with it",
                    model.state.step, model.settings.train.steps));
  return model;
}

TrainedModel no_model() {
  TrainedModel model;
  model.header = {.run_id = "no-model",
                  .config_text = configuration_text(model.settings),
                  .created_utc = {},
                  .provenance = {}};
  return model;
}

}  // namespace tvem
