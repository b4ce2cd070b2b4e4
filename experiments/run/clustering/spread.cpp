#include "experiments/run/clustering/spread.hpp"

#include "framework/estimators/passes/scaling.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/train/model_input.hpp"

namespace tvem {

Spread spread_of(RowMatrix const& points) {
  Frame const frame = standard_frame(points);
  Spread spread;
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    spread.means.push_back(frame.centre[c]);
    spread.deviations.push_back(is_constant(points, c) ? 0 : frame.scale[c]);
  }
  return spread;
}

Spread spread_of_training(Settings const& settings) {
  TaskPrior const prior(settings.task);
  Spread all;
  for (std::uint64_t id = 0; id < 512; ++id) {
    Spread const one =
        spread_of(prior.sample(settings.run.seed, Purpose::training_tasks, id).points);
    all.means.insert(all.means.end(), one.means.begin(), one.means.end());
    all.deviations.insert(all.deviations.end(), one.deviations.begin(), one.deviations.end());
  }
  return all;
}

}  // namespace tvem
