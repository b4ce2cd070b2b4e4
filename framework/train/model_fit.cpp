#include "tvem/train/model_fit.hpp"

#include <algorithm>
#include <cmath>

#include "tvem/em/em.hpp"
#include "tvem/em/starts.hpp"
#include "tvem/loss/mixture_losses.hpp"
#include "tvem/loss/permutation_cross_entropy.hpp"
#include "tvem/train/model_input.hpp"

namespace tvem {

Fit fit_of_model(Settings const& settings, Transformer<float>& model, Task const& task,
                 std::uint64_t seed, Purpose purpose) {
  ModelInput input;
  fill_model_input(settings, seed, purpose, std::span(&task, 1), input);
  auto const outputs = model.forward(input.batch);
  int const k = task.components();
  Fit fit;
  fit.labels.resize(input.batch.n_points());
  fit.log_likelihood = std::nan("");
  auto const is_finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(outputs.begin(), outputs.end(), is_finite)) fit.status = FitStatus::failed;
  if (settings.model.readout == ReadoutKind::labels) {
    predict_labels(outputs, model.n_outputs(), k, fit.labels);
  } else if (fit.status != FitStatus::failed) {
    fit.mixture = input.units[0].to_points(
        mixture_of_outputs(outputs, model.n_outputs(), k, task.mixture.dim()));
    fit.labels = map_labels(fit.mixture, task.points);
    fit.log_likelihood = mean_log_likelihood(fit.mixture, task.points);
    if (!std::isfinite(fit.log_likelihood)) fit.status = FitStatus::failed;
  }
  return fit;
}

Fit run_model(EstimatorSpec const& spec, Settings const& settings, Transformer<float>& model,
              Task const& task, InstructionSet instruction_set, Purpose purpose) {
  Fit first = fit_of_model(settings, model, task, settings.eval.seed, purpose);
  if (spec.method == Method::transformer || first.status == FitStatus::failed) return first;
  Mixture const start =
      first.mixture.components() > 0
          ? first.mixture
          : mixture_of_labels(task.points, first.labels, task.components(),
                              variance_floor(task.points, spec.em.variance_floor));
  Fit fit = em_from(task.points, start, spec.em, instruction_set,
                    knowledge_of(task, settings.task, spec.em, {}));
  if (fit.status == FitStatus::not_converged) fit.status = FitStatus::converged;
  return fit;
}

}  // namespace tvem
