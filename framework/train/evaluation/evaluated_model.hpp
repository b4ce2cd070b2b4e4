#pragma once

#include <optional>

#include "framework/nn/ablation/ablation.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// A model with its parameters set, and the settings of its training, which say what goes into it.
struct EvaluatedModel {
  Settings settings;
  Transformer<float>& transformer;
};

/// A trained model as an evaluation asks for it: with the guess of the evaluation in the place of
/// that of the training, and with the ablation of `eval.*`.
class AdaptedModel {
 public:
  AdaptedModel(std::optional<EvaluatedModel> const& trained, Settings const& asked);
  AdaptedModel(AdaptedModel const&) = delete;
  AdaptedModel& operator=(AdaptedModel const&) = delete;

  /// None where there is no trained model.
  std::optional<EvaluatedModel> const& model() const { return model_; }

 private:
  std::optional<AblatedTransformer> ablated_;
  std::optional<EvaluatedModel> model_;
};

}  // namespace tvem
