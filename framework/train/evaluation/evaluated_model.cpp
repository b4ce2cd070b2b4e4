#include "framework/train/evaluation/evaluated_model.hpp"

#include "framework/train/model_input.hpp"

namespace tvem {

AdaptedModel::AdaptedModel(std::optional<EvaluatedModel> const& trained, Settings const& asked) {
  if (!trained) return;
  Settings settings = trained->settings;
  settings.input.guess = asked.input.guess;
  settings.input.corruption = asked.input.corruption;
  Transformer<float>* transformer = &trained->transformer;
  if (static_cast<Ablation const&>(asked.eval) != Ablation{}) {
    ablated_.emplace(settings.model, model_domain(settings), transformer->parameters(), asked.eval);
    transformer = &ablated_->transformer();
  }
  model_.emplace(EvaluatedModel{settings, *transformer});
}

}  // namespace tvem
