#include "framework/train/model_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/math.hpp"
#include "framework/estimators/em.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "framework/estimators/posterior/joint.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/loss/mixture_losses.hpp"
#include "framework/loss/not_finite.hpp"
#include "framework/loss/permutation_cross_entropy.hpp"
#include "framework/train/model_input.hpp"

namespace tvem {
namespace {

/// Softmax of the first k logits of every point.
RowMatrix probabilities(std::span<float const> logits, int n_labels, int k) {
  Eigen::Index const rows = logits.size() / n_labels;
  RowMatrix result(rows, k);
  for (Eigen::Index i = 0; i < rows; ++i) {
    float const* const row = logits.data() + i * n_labels;
    double const largest = *std::max_element(row, row + k);
    double sum = 0;
    for (Eigen::Index j = 0; j < k; ++j) sum += result(i, j) = portable_exp(row[j] - largest);
    result.row(i) /= sum;
  }
  return result;
}

/// Completes a fit by its mixture.
void take_mixture(Mixture mixture, RowMatrix const& points, Fit& fit) {
  fit.labels = map_labels(mixture, points);
  fit.log_likelihood = mean_log_likelihood(mixture, points);
  fit.mixture = std::move(mixture);
  if (!std::isfinite(fit.log_likelihood)) fit.status = FitStatus::failed;
}

}  // namespace

Fit fit_of_model(Settings const& settings, Transformer<float>& model, Task const& task,
                 std::uint64_t seed, Purpose purpose, int orientation) {
  ModelInput input;
  fill_model_input(settings, seed, purpose, std::span(&task, 1), input, orientation);
  return fit_of_outputs(model.infer(input.batch), model.n_outputs(), settings.model.readout,
                        input.frames[0], task);
}

Fit fit_of_outputs(std::span<float const> outputs, int n_outputs, ReadoutKind readout,
                   Frame const& frame, Task const& task) {
  int const k = task.components();
  Fit fit;
  fit.labels.resize(task.n_points());
  fit.log_likelihood = std::nan("");
  if (!all_finite(outputs)) fit.status = FitStatus::failed;
  if (readout == ReadoutKind::labels) {
    predict_labels(outputs, n_outputs, k, fit.labels);
    fit.responsibilities = probabilities(outputs, n_outputs, k);
  } else if (fit.status != FitStatus::failed) {
    take_mixture(frame.to_points(mixture_of_outputs(outputs, n_outputs, k, task.mixture.dim())),
                 task.points, fit);
  }
  return fit;
}

Fit fit_in_best_orientation(Settings const& settings, Transformer<float>& model, Task const& task,
                            TaskSettings const& prior, std::uint64_t seed, Purpose purpose,
                            int n_orientations) {
  if (n_orientations == 1) return fit_of_model(settings, model, task, seed, purpose);
  Fit best;
  double largest = -std::numeric_limits<double>::infinity();
  for (int orientation = 0; orientation < n_orientations; ++orientation) {
    Fit fit = fit_of_model(settings, model, task, seed, purpose, orientation);
    double const probability = fit.status == FitStatus::failed
                                   ? -std::numeric_limits<double>::infinity()
                                   : log_joint(task.points, fit.labels, task.components(), prior);
    if (orientation > 0 && probability <= largest) continue;
    largest = probability;
    best = std::move(fit);
  }
  return best;
}

namespace {

/// The model's mixture, or one of its labels, in the units of the points.
Mixture start_of_model(Fit const& model_fit, RowMatrix const& points, Scaling const& scaling, int k,
                       EmSettings const& settings) {
  if (model_fit.mixture.components() > 0) return scaling.from_points(model_fit.mixture);
  return start_of_labels(points, model_fit.labels, k, variance_floor(points, settings));
}

/// The least general kind of covariance that holds all of the mixture's.
CovarianceKind covariance_kind(Mixture const& mixture) {
  if (mixture.is_isotropic()) return CovarianceKind::spherical;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    RowMatrix rest = mixture.factor(j);
    rest.diagonal().setZero();
    if (!rest.isZero(0)) return CovarianceKind::full;
  }
  return CovarianceKind::diagonal;
}

/// The settings of the steps of EM after a model: those of the specification, with the covariances
/// of the model's mixture where it has one and none are named or known.
EmSettings settings_after_model(EstimatorSpec const& spec, Fit const& model_fit) {
  EmSettings settings = spec.em;
  if (model_fit.mixture.components() > 0 && !spec.given.contains("covariance") &&
      !spec.em.known.variance)
    settings.covariance = covariance_kind(model_fit.mixture);
  return settings;
}

}  // namespace

Fit em_after_model(EstimatorSpec const& spec, Task const& task, Fit const& model_fit,
                   Knowledge const& known) {
  if (model_fit.status == FitStatus::failed) return model_fit;
  EmSettings const settings = settings_after_model(spec, model_fit);
  Fit fit =
      fit_in_ordinary_units(task.points, [&](RowMatrix const& points, Scaling const& scaling) {
        Mixture const start =
            start_of_model(model_fit, points, scaling, task.components(), settings);
        return em_from(points, start, settings, scaling.from_points(known));
      });
  // The specification asks for these steps and no more: they are all that there should be.
  if (fit.status == FitStatus::not_converged && !spec.given.contains("max_iterations"))
    fit.status = FitStatus::converged;
  return fit;
}

Fit fit_after_model(EstimatorSpec const& spec, Settings const& settings, Task const& task,
                    Fit const& model_fit) {
  if (spec.method == Method::transformer) return model_fit;
  return em_after_model(spec, task, model_fit,
                        knowledge_of(task, family_of(settings.task, task.family), spec.em, {}));
}

}  // namespace tvem
