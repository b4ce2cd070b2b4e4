#pragma once

#include <optional>
#include <string>

#include "experiments/run/evaluation/given_tasks.hpp"
#include "experiments/run/trained_model.hpp"
#include "framework/comm/communicator.hpp"
#include "framework/train/evaluation/evaluated_model.hpp"
#include "io/evaluation_file.hpp"
#include "io/fs.hpp"

namespace tvem {

/// An evaluation outside of a training: of a trained model, of baselines, or of both.
struct EvaluationRequest {
  Settings settings;                  // its tasks and estimators
  std::optional<TrainedModel> model;  // none for baselines alone
  std::optional<GivenTasks> tasks;    // none where they are drawn
  fs::path file;
};

/// Identifies the evaluation (identity.hpp).
std::string identity_of(EvaluationRequest const& request);

/// Header of a file of the request. start: this start of the program.
FileHeader header_of(EvaluationRequest const& request, ProvenanceRecord const& start);

/// Where the model of the request is from; none where there is no model.
std::optional<ModelOrigin> origin_of(std::optional<TrainedModel> const& model);

/// The model of the request, with its parameters set.
class RequestedModel {
 public:
  /// Collective. Throws ConfigurationError where a rank lacks the memory for the largest task.
  RequestedModel(EvaluationRequest const& request, Communicator const& comm);
  std::optional<EvaluatedModel> const& model() const { return model_; }

 private:
  std::optional<Transformer<float>> transformer_;
  std::optional<EvaluatedModel> model_;
};

}  // namespace tvem
