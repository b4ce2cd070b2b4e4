#include "framework/loss/settings.hpp"

namespace tvem {

std::vector<Setting<LossSettings>> const& loss_settings() {
  static std::vector<Setting<LossSettings>> const table{
      word("kind", &LossSettings::kind,
           "training loss: the first of readout labels; of readout parameters the log-likelihood "
           "of the points or the distance from the truth"),
      word("targets", &LossSettings::targets,
           "what the cross-entropy is with: true labels, or the points' probabilities of the "
           "components under the true mixture")
          .read_if(
              [](LossSettings const& s) { return s.kind == LossKind::permutation_cross_entropy; },
              "loss.kind = permutation_cross_entropy"),
  };
  return table;
}

}  // namespace tvem
