#include "experiments/run/clustering/clustering.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include "experiments/run/clustering/spread.hpp"
#include "framework/core/index.hpp"
#include "framework/estimators/criteria.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/train/model_fit.hpp"
#include "framework/train/model_input.hpp"

namespace tvem {
namespace {

/// Clusters the points, in the units that suit each method.
Task task_of(RowMatrix const& points, int components) {
  Task task;
  task.points = points;
  task.labels.assign(points.rows(), 0);
  task.mixture.weights = Eigen::VectorXd::Constant(components, 1.0 / components);
  task.mixture.means = RowMatrix::Zero(components, points.cols());
  task.mixture.variances = Eigen::VectorXd::Ones(components);
  return task;
}

/// The points without the rounding of coordinates that are otherwise constant.
RowMatrix without_rounding(RowMatrix points) {
  for (Eigen::Index c = 0; c < points.cols(); ++c)
    if (is_constant(points, c)) points.col(c).setConstant(points(0, c));
  return points;
}

/// Points in the units that a method sees.
struct View {
  Task task;
  Scaling scaling;
};

View view_of(RowMatrix const& points, int components, Scaling const& scaling) {
  return {task_of(scaling.from_points(points), components), scaling};
}

/// The units of the points with constant coordinates at 0: their value tells nothing.
Scaling without_constants(RowMatrix const& points) {
  Scaling scaling{.origin = Eigen::VectorXd::Zero(points.cols())};
  for (Eigen::Index c = 0; c < points.cols(); ++c)
    if (is_constant(points, c)) scaling.origin[c] = points(0, c);
  return scaling;
}

/// The frame in which every coordinate has mean 0 and the root of the mean variance of training
/// tasks.
Frame training_frame(Settings const& settings, RowMatrix const& points) {
  Spread const training = spread_of_training(settings), own = spread_of(points);
  double const n = as_real(std::ssize(training.deviations));
  double variance = 0;
  for (double const deviation : training.deviations) variance += deviation * deviation / n;
  Frame frame{.centre = Eigen::VectorXd(points.cols()),
              .scale = Eigen::VectorXd(points.cols()),
              .axes = {}};
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    frame.centre[c] = own.means[c];
    frame.scale[c] = own.deviations[c] > 0 ? own.deviations[c] / std::sqrt(variance) : 1.0;
  }
  return frame;
}

Task rescaled(Task task, Frame const& frame) {
  task.points = frame.from_points(task.points);
  return task;
}

/// A fit of a task in `frame`, brought back to the task's own.
Fit back(Fit fit, Task const& task, Frame const& frame) {
  fit.mixture = frame.to_points(fit.mixture);
  fit.log_likelihood = mean_log_likelihood(fit.mixture, task.points);
  return fit;
}

RowMatrix responsibilities_of(Fit const& fit, RowMatrix const& points) {
  if (fit.mixture.components() == 0) return fit.responsibilities;
  return component_probabilities(fit.mixture, points);
}

/// f(task, its frame): in standard units where covariances are matrices, else in those of the task.
/// EM with matrices gives the same in all units, except for its floor and ratio limit: they must
/// not take a coordinate in small units for a collapse.
template <class F>
Fit fit_in_fair_units(EstimatorSpec const& spec, Task const& task, F const& f) {
  bool const has_covariance = spec.method == Method::em || spec.method == Method::two_round ||
                              spec.method == Method::transformer_em;
  if (!has_covariance || !has_matrices(spec.em.covariance)) return f(task, Frame{});
  Frame const frame = standard_frame(task.points);
  return back(f(rescaled(task, frame), frame), task, frame);
}

/// Labels as numbers, in the order of their first appearance.
std::vector<int> numbered(std::vector<std::string> const& labels) {
  std::map<std::string, int> numbers;
  std::vector<int> result;
  int next = 0;
  for (auto const& label : labels) {
    auto const [number, is_new] = numbers.emplace(label, next);
    next += is_new ? 1 : 0;
    result.push_back(number->second);
  }
  return result;
}

/// Of fits that end at a maximum of the likelihood. With a background the mixture has but a part of
/// it.
void set_criteria(EstimatorSpec const& spec, int d, ClusteringResult& result) {
  bool const is_by_likelihood = spec.method == Method::em || spec.method == Method::gradient;
  if (!is_by_likelihood || spec.em.outliers || !std::isfinite(result.log_likelihood)) return;
  Criteria const criteria = criteria_of(spec.em, result.log_likelihood, d, result.responsibilities);
  result.bic = criteria.bic;
  result.icl = criteria.icl;
}

/// Brings a fit in a view back to the units of the points. Time and errors come later.
ClusteringResult result_of(EstimatorSpec const& spec, Fit fit, View const& view) {
  ClusteringResult result{.estimator = spec.text,
                          .labels = fit.labels,
                          .responsibilities = responsibilities_of(fit, view.task.points),
                          .mixture = {},
                          .bic = std::nan(""),
                          .icl = std::nan(""),
                          .error = std::nan(""),
                          .ari = std::nan(""),
                          .iterations = fit.total_iterations,
                          .status = std::string(name_of(fit.status))};
  fit = view.scaling.to_points(std::move(fit));
  result.log_likelihood = fit.log_likelihood;
  set_criteria(spec, as_count(view.task.points.cols()), result);
  if (fit.mixture.components() > 0) result.mixture = std::move(fit.mixture);
  return result;
}

void compare(std::vector<int> const& truth, int components, ClusteringResult& result) {
  if (truth.empty()) return;
  int const k = std::max(components, 1 + *std::max_element(truth.begin(), truth.end()));
  result.error = clustering_error(truth, result.labels, k);
  result.ari = adjusted_rand_index(truth, result.labels, k);
}

/// The points as all methods meet them.
class Clusterer {
 public:
  Clusterer(ClusteringTask const& asked, int components)
      : asked_(asked),
        is_scaled_(asked.is_rescaled || asked.model.settings.input.standardize),
        points_(without_rounding(asked.table.points)),
        own_(view_of(points_, components, centred_scaling(points_))),
        of_model_(is_scaled_ ? own_ : view_of(points_, components, without_constants(points_))) {
    if (asked.is_rescaled) frame_ = training_frame(asked.model.settings, own_.task.points);
  }

  ClusteringResult cluster(EstimatorSpec const& spec) {
    bool const is_of_model = spec.method == Method::transformer;
    double const seconds = spec.needs_model() ? ask_model() : 0;
    auto const start = Clock::now();
    Fit const fit = is_of_model ? *answer_ : fit_in_own_view(spec);
    ClusteringResult result = result_of(spec, fit, is_of_model ? of_model_ : own_);
    result.components = own_.task.components();
    if (!asked_.components.is_fixed())
      result.estimator += fmt::format(":components={}", result.components);
    result.seconds = seconds + std::chrono::duration<double>(Clock::now() - start).count();
    return result;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Asks the Transformer once for all estimators. Returns the time that it took.
  double ask_model() {
    if (answer_) return answer_seconds_;
    Transformer<float> transformer = asked_.transformer();
    transformer.set_parameters(trained_parameters(asked_.model.state));
    auto const start = Clock::now();
    bool const has_frame = !frame_.is_that_of_points();
    Task const& task = of_model_.task;
    Fit const fit =
        fit_of_model(asked_.model.settings, transformer, has_frame ? rescaled(task, frame_) : task,
                     asked_.seed, Purpose::evaluation_tasks);
    answer_ = has_frame && fit.mixture.components() > 0 ? back(fit, task, frame_) : fit;
    answer_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
    return answer_seconds_;
  }

  /// A baseline, or EM from the answer of the model.
  Fit fit_in_own_view(EstimatorSpec const& spec) const {
    Settings const& settings = asked_.model.settings;
    return fit_in_fair_units(spec, own_.task, [&](Task const& in_units, Frame const& frame) {
      if (spec.method != Method::transformer_em)
        return run_baseline(spec, settings.task, settings.input, in_units,
                            {.seed = asked_.seed, .task_id = 0, .count = spec.restarts()});
      Fit fit = *answer_;
      if (!is_scaled_)
        fit.mixture = own_.scaling.from_points(of_model_.scaling.to_points(fit.mixture));
      if (fit.mixture.components() > 0) fit.mixture = frame.from_points(fit.mixture);
      return em_after_model(spec, in_units, fit, {});
    });
  }

  ClusteringTask const& asked_;
  bool is_scaled_;
  RowMatrix points_;
  // In this view no method depends on the unit or the origin of the points.
  View own_;
  // A model without standardised input knows the units of its training.
  View of_model_;
  Frame frame_;                // in which the model sees rescaled points
  std::optional<Fit> answer_;  // of the model
  double answer_seconds_ = 0;
};

}  // namespace

bool ClusteringTask::needs_model() const {
  return std::any_of(specs.begin(), specs.end(),
                     [](EstimatorSpec const& spec) { return spec.needs_model(); });
}

Transformer<float> ClusteringTask::transformer() const {
  return {model.settings.model, model_domain(model.settings)};
}

std::vector<ClusteringResult> cluster_points(ClusteringTask const& task) {
  auto const truth = numbered(task.table.labels);
  std::vector<std::unique_ptr<Clusterer>> clusterers;  // one for each number of components
  for (int k = task.components.low; k <= task.components.high; ++k)
    clusterers.push_back(std::make_unique<Clusterer>(task, k));
  std::vector<ClusteringResult> results;
  for (EstimatorSpec const& spec : task.specs)
    for (auto const& clusterer : clusterers) {
      results.push_back(clusterer->cluster(spec));
      compare(truth, results.back().components, results.back());
    }
  return results;
}

}  // namespace tvem
