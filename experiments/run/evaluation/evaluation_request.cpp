#include "experiments/run/evaluation/evaluation_request.hpp"

#include <algorithm>

#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "framework/core/error.hpp"
#include "framework/train/evaluation/evaluation.hpp"
#include "framework/train/trainer.hpp"

namespace tvem {

std::string identity_of(EvaluationRequest const& request) {
  std::string const identity = request.model
                                   ? evaluation_identity(request.model->settings, request.settings,
                                                         request.model->state.step)
                                   : evaluation_identity(request.settings);
  return request.tasks ? identity_on_tasks(identity, request.tasks->digest) : identity;
}

FileHeader header_of(EvaluationRequest const& request, ProvenanceRecord const& start) {
  FileHeader header;
  if (request.model) header = request.model->header;
  header.run_id = request.model ? run_id(request.model->settings) : run_id(request.settings);
  header.config_text = configuration_text(request.settings);
  header.created_utc = now_utc();
  header.provenance.push_back(start);
  return header;
}

std::optional<ModelOrigin> origin_of(std::optional<TrainedModel> const& model) {
  if (!model) return std::nullopt;
  return ModelOrigin{.run_id = run_id(model->settings),
                     .training_identity = training_identity(model->settings),
                     .config_text = configuration_text(model->settings),
                     .steps_done = model->state.step};
}

namespace {

/// Collective. Throws ConfigurationError where a rank lacks the memory for the largest task.
void check_memory(Communicator const& comm, Settings const& settings,
                  Transformer<float>& transformer) {
  auto const specs = parse_estimators(settings);
  if (std::none_of(specs.begin(), specs.end(), [](auto const& s) { return s.needs_model(); }))
    return;
  int const n = settings.task.points.high;
  auto const problem = memory_problem(n, transformer.bytes_to_infer(n), comm.min(memory_left()));
  if (!problem.empty()) throw ConfigurationError("task.points: " + problem);
}

}  // namespace

RequestedModel::RequestedModel(EvaluationRequest const& request, Communicator const& comm) {
  if (!request.model) return;
  Settings const& trained = request.model->settings;
  transformer_.emplace(trained.model, model_domain(trained));
  check_memory(comm, request.settings, *transformer_);
  transformer_->set_parameters(trained_parameters(request.model->state));
  model_.emplace(EvaluatedModel{trained, *transformer_});
}

}  // namespace tvem
