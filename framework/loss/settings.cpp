#include "framework/loss/settings.hpp"

namespace tvem {

std::vector<Setting<LossSettings>> const& loss_settings() {
  static std::vector<Setting<LossSettings>> const table{
      word("kind", &LossSettings::kind,
           "training loss: the first of readout labels; of readout parameters the log-likelihood "
           "of the points or the distance from the truth"),
  };
  return table;
}

}  // namespace tvem
