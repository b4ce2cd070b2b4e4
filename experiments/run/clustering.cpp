#include "experiments/program/clustering.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "experiments/run/resources.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/options.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/metrics/statistics.hpp"
#include "framework/train/model_fit.hpp"
#include "framework/train/model_input.hpp"

namespace tvem {
namespace {

/// Of labels to compare clusters with: they are aligned by a matrix of as many rows.
constexpr std::size_t most_classes = 256;

/// The points as a task without a truth.
Task task_of(RowMatrix const& points, int components) {
  Task task;
  task.points = points;
  task.labels.assign(static_cast<std::size_t>(points.rows()), 0);
  task.mixture.weights = Eigen::VectorXd::Constant(components, 1.0 / components);
  task.mixture.means = RowMatrix::Zero(components, points.cols());
  task.mixture.variances = Eigen::VectorXd::Ones(components);
  return task;
}

/// The points with the rounding taken off coordinates that are constant but for it.
RowMatrix without_rounding(RowMatrix points) {
  for (Eigen::Index c = 0; c < points.cols(); ++c)
    if (is_constant(points, c)) points.col(c).setConstant(points(0, c));
  return points;
}

/// Points in the units that a method sees.
struct Frame {
  Task task;
  Scaling scaling;
};

Frame frame_of(RowMatrix const& points, int components, Scaling const& scaling) {
  return {task_of(scaling.from_points(points), components), scaling};
}

/// The units of the points, in which coordinates that are constant are 0: their value tells
/// nothing.
Scaling without_constants(RowMatrix const& points) {
  Scaling scaling{.origin = Eigen::VectorXd::Zero(points.cols())};
  for (Eigen::Index c = 0; c < points.cols(); ++c)
    if (is_constant(points, c)) scaling.origin[c] = points(0, c);
  return scaling;
}

/// Means and standard deviations of the coordinates of a task.
struct Spread {
  std::vector<double> means, deviations;
};

Spread spread_of(RowMatrix const& points) {
  Units const units = standard_units(points);
  Spread spread;
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    spread.means.push_back(units.shift[c]);
    spread.deviations.push_back(is_constant(points, c) ? 0 : units.scale[c]);
  }
  return spread;
}

/// Those of all coordinates of some training tasks.
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

/// Mean 0 and, of every coordinate, the root of the mean variance of training tasks.
Units training_units(Settings const& settings, RowMatrix const& points) {
  Spread const training = spread_of_training(settings), own = spread_of(points);
  double variance = 0;
  for (double const deviation : training.deviations)
    variance += deviation * deviation / static_cast<double>(training.deviations.size());
  Units units{Eigen::VectorXd(points.cols()), Eigen::VectorXd(points.cols())};
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    auto const at = static_cast<std::size_t>(c);
    units.shift[c] = own.means[at];
    units.scale[c] = own.deviations[at] > 0 ? own.deviations[at] / std::sqrt(variance) : 1.0;
  }
  return units;
}

Task rescaled(Task task, Units const& units) {
  task.points = units.from_points(task.points);
  return task;
}

RowMatrix responsibilities_of(Fit const& fit, RowMatrix const& points) {
  if (fit.mixture.components() == 0) return fit.responsibilities;
  RowMatrix const log_joint = weighted_log_densities(fit.mixture, points);
  return (log_joint.colwise() - log_sum_exp_rows(log_joint)).array().exp();
}

/// The Transformer's answer to the points of a task in `units`, brought back to the task's.
Fit model_fit(TrainedModel const& model, Transformer<float>& transformer, Task const& task,
              std::uint64_t seed, Units const& units) {
  if (units.are_those_of_points())
    return fit_of_model(model.settings, transformer, task, seed, Purpose::evaluation_tasks);
  Fit fit = fit_of_model(model.settings, transformer, rescaled(task, units), seed,
                         Purpose::evaluation_tasks);
  if (fit.mixture.components() > 0) {
    fit.mixture = units.to_points(fit.mixture);
    fit.log_likelihood = mean_log_likelihood(fit.mixture, task.points);
  }
  return fit;
}

/// f(task, its units) in standard units where covariances are matrices, else in those of the
/// task. EM with matrices is the same in all units, but for its floor and ratio limit, which must
/// not take a coordinate in small units for a collapse.
template <class F>
Fit fit_in_fair_units(EstimatorSpec const& spec, Task const& task, F const& f) {
  bool const has_covariance = spec.method == Method::em || spec.method == Method::two_round ||
                              spec.method == Method::transformer_em;
  if (!has_covariance || !has_matrices(spec.em.covariance)) return f(task, Units{});
  Units const units = standard_units(task.points);
  Fit fit = f(rescaled(task, units), units);
  fit.mixture = units.to_points(fit.mixture);
  fit.log_likelihood = mean_log_likelihood(fit.mixture, task.points);
  return fit;
}

/// Labels as numbers, in the order of their first appearance.
std::vector<int> numbered(std::vector<std::string> const& labels) {
  std::map<std::string, int> numbers;
  std::vector<int> result;
  for (auto const& label : labels)
    result.push_back(numbers.emplace(label, static_cast<int>(numbers.size())).first->second);
  return result;
}

InstructionSet instruction_set_of(TrainedModel const& model) {
  return std::min(model.state.instruction_set, best_instruction_set());
}

Transformer<float> transformer_of(TrainedModel const& model) {
  return {model.settings.model, model_domain(model.settings), instruction_set_of(model)};
}

std::size_t bytes_to_infer(TrainedModel const& model, Eigen::Index n) {
  return transformer_of(model).bytes_to_infer(static_cast<std::size_t>(n));
}

/// What a fit in a frame is in the units of the points; its time and errors come later.
ClusteringResult result_of(EstimatorSpec const& spec, Fit fit, Frame const& frame) {
  ClusteringResult result{.estimator = spec.text,
                          .labels = fit.labels,
                          .responsibilities = responsibilities_of(fit, frame.task.points),
                          .mixture = {},
                          .error = std::nan(""),
                          .ari = std::nan(""),
                          .iterations = fit.total_iterations,
                          .status = std::string(name_of(fit.status))};
  fit = frame.scaling.to_points(std::move(fit));
  result.log_likelihood = fit.log_likelihood;
  if (fit.mixture.components() > 0) result.mixture = std::move(fit.mixture);
  return result;
}

/// Adds the agreement with the given labels, where there are any.
void compare(std::vector<int> const& truth, int components, ClusteringResult& result) {
  if (truth.empty()) return;
  int const k = std::max(components, 1 + *std::max_element(truth.begin(), truth.end()));
  result.error = clustering_error(truth, result.labels, k);
  result.ari = adjusted_rand_index(truth, result.labels, k);
}

bool any_needs_model(std::vector<EstimatorSpec> const& specs) {
  return std::any_of(specs.begin(), specs.end(),
                     [](EstimatorSpec const& spec) { return spec.needs_model(); });
}

/// How many different points there are.
Eigen::Index n_distinct(RowMatrix const& points) {
  std::set<std::vector<double>> rows;
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    Eigen::VectorXd const row = points.row(i);
    rows.emplace(row.begin(), row.end());
  }
  return static_cast<Eigen::Index>(rows.size());
}

}  // namespace

namespace {

/// What is wrong with an estimator for points without a truth; empty when nothing is.
std::string specification_problem(EstimatorSpec const& spec) {
  bool const needs_truth = spec.method == Method::bayes || spec.method == Method::chance ||
                           is_without_chance(spec.em.start) ||
                           !(spec.em.known == KnownParameters{});
  auto const subject = fmt::format("--estimators: \"{}\"", spec.text);
  if (needs_truth) return subject + " needs a task whose truth is known, or a task's prior";
  if (spec.em.components > 0)
    return subject + ": the number of components is --components, for all of them";
  return "";
}

/// Why the model cannot cluster the points.
std::vector<std::string> model_problems(TrainedModel const& model, RowMatrix const& points,
                                        int components) {
  std::vector<std::string> problems;
  TaskSettings const& trained = model.settings.task;
  if (points.cols() > trained.dim.high)
    problems.push_back(fmt::format(
        "the points have {} coordinates; the model was trained for task.dim = {}: choose "
        "fewer with --columns, or another model",
        points.cols(), range_text(trained.dim)));
  if (components < trained.components.low || components > trained.components.high)
    problems.push_back(
        fmt::format("--components {}: the model was trained for task.components = {}", components,
                    range_text(trained.components)));
  if (model.settings.input.guess == GuessKind::corrupted)
    problems.emplace_back(
        "the model needs the truth, corrupted, as its guess (input.init); one for data of your own "
        "has input.init none, random, kmeans++ or spectral");
  auto const memory =
      memory_problem(points.rows(), bytes_to_infer(model, points.rows()), memory_left());
  if (!memory.empty()) problems.push_back(memory);
  return problems;
}

/// Where the points lie outside of what training tasks are like, coordinate by coordinate.
std::vector<std::string> spread_warnings(TrainedModel const& model, PointTable const& table) {
  std::vector<std::string> warnings;
  Spread const training = spread_of_training(model.settings), own = spread_of(table.points);
  auto const check = [&](std::string const& column, char const* what, double value,
                         std::vector<double> const& known) {
    double const low = quantile(known, 0.01), high = quantile(known, 0.99);
    if (value < low || value > high)
      warnings.push_back(fmt::format(
          "column {}: its {} {:.3g} is outside of the {:.3g}..{:.3g} of training tasks; "
          "--rescale brings it there",
          column, what, value, low, high));
  };
  for (std::size_t c = 0; c < own.means.size(); ++c) {
    check(table.columns[c], "mean", own.means[c], training.means);
    if (own.deviations[c] > 0)
      check(table.columns[c], "standard deviation", own.deviations[c], training.deviations);
  }
  return warnings;
}

/// Sizes that training tasks do not have.
std::vector<std::string> size_warnings(TrainedModel const& model, RowMatrix const& points) {
  std::vector<std::string> warnings;
  auto const check = [&](Eigen::Index value, Range<int> range, char const* what, char const* key) {
    if (value < range.low || value > range.high)
      warnings.push_back(fmt::format("{} {}: the model was trained for {} = {}", value, what, key,
                                     range_text(range)));
  };
  check(points.rows(), model.settings.task.points, "points", "task.points");
  check(points.cols(), model.settings.task.dim, "coordinates", "task.dim");
  auto const memory = memory_note(points.rows(), bytes_to_infer(model, points.rows()));
  if (!memory.empty()) warnings.push_back(memory);
  return warnings;
}

}  // namespace

std::vector<std::string> clustering_problems(TrainedModel const& model,
                                             std::vector<EstimatorSpec> const& specs,
                                             PointTable const& table, int components) {
  std::vector<std::string> problems;
  if (table.points.rows() < components)
    problems.push_back(
        fmt::format("--components {} is more than the {} points", components, table.points.rows()));
  std::size_t const n_classes =
      std::set<std::string>(table.labels.begin(), table.labels.end()).size();
  if (n_classes > most_classes)
    problems.push_back(
        fmt::format("--labels has {} different labels; clusters can be compared with at most {}",
                    n_classes, most_classes));
  for (EstimatorSpec const& spec : specs)
    if (auto const problem = specification_problem(spec); !problem.empty())
      problems.push_back(problem);
  if (any_needs_model(specs))
    for (auto const& problem : model_problems(model, table.points, components))
      problems.push_back(problem);
  return problems;
}

std::vector<std::string> clustering_warnings(TrainedModel const& model,
                                             std::vector<EstimatorSpec> const& specs,
                                             PointTable const& table, int components,
                                             bool is_rescaled) {
  std::vector<std::string> warnings;
  for (Eigen::Index c = 0; c < table.points.cols() && table.points.rows() > 1; ++c)
    if (is_constant(table.points, c))
      warnings.push_back(fmt::format("column {} has one value, {:.3g}: it tells no points apart",
                                     table.columns[static_cast<std::size_t>(c)],
                                     table.points(0, c)));
  if (auto const distinct = n_distinct(table.points); distinct < components)
    warnings.push_back(
        fmt::format("--components {} is more than the {} different points among the {}: clusters "
                    "stay empty, or share a point",
                    components, distinct, table.points.rows()));
  auto const append = [&](std::vector<std::string> const& others) {
    warnings.insert(warnings.end(), others.begin(), others.end());
  };
  if (!any_needs_model(specs)) return warnings;
  append(size_warnings(model, table.points));
  if (!is_rescaled && !model.settings.input.standardize) append(spread_warnings(model, table));
  return warnings;
}

namespace {

/// The points as all methods meet them.
class Clusterer {
 public:
  Clusterer(TrainedModel const& model, RowMatrix const& points, int components, std::uint64_t seed,
            bool is_rescaled)
      : model_(model),
        seed_(seed),
        is_scaled_(is_rescaled || model.settings.input.standardize),
        own_(frame_of(points, components, centred_scaling(points))),
        of_model_(is_scaled_ ? own_ : frame_of(points, components, without_constants(points))) {
    if (is_rescaled) units_of_model_ = training_units(model.settings, own_.task.points);
  }

  /// transformer: with its parameters; none where the method needs no model.
  ClusteringResult cluster(EstimatorSpec const& spec, Transformer<float>* transformer) const {
    auto const start = std::chrono::steady_clock::now();
    Fit fit;
    if (spec.needs_model())
      fit = model_fit(model_, *transformer, of_model_.task, seed_, units_of_model_);
    if (spec.method != Method::transformer) fit = fit_in_own_frame(spec, std::move(fit));
    std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
    bool const is_of_model = spec.method == Method::transformer;
    ClusteringResult result = result_of(spec, fit, is_of_model ? of_model_ : own_);
    result.seconds = time.count();
    return result;
  }

 private:
  /// A baseline, or EM from what the model has made of the points.
  Fit fit_in_own_frame(EstimatorSpec const& spec, Fit fit) const {
    if (!is_scaled_)
      fit.mixture = own_.scaling.from_points(of_model_.scaling.to_points(fit.mixture));
    InstructionSet const set = instruction_set_of(model_);
    return fit_in_fair_units(spec, own_.task, [&](Task const& in_units, Units const& units) {
      if (spec.method != Method::transformer_em)
        return run_baseline(spec, model_.settings.task, model_.settings.input, in_units, set,
                            {.seed = seed_, .task_id = 0, .count = spec.restarts()});
      if (fit.mixture.components() > 0) fit.mixture = units.from_points(fit.mixture);
      return em_after_model(spec, in_units, fit, set, {});
    });
  }

  TrainedModel const& model_;
  std::uint64_t seed_;
  bool is_scaled_;
  // Where every method does the same in all units and wherever the origin is.
  Frame own_;
  // A model that was trained without standardised input knows the units of its training.
  Frame of_model_;
  Units units_of_model_;
};

}  // namespace

std::vector<ClusteringResult> cluster_points(TrainedModel const& model,
                                             std::vector<EstimatorSpec> const& specs,
                                             PointTable const& table, int components,
                                             std::uint64_t seed, bool is_rescaled) {
  std::optional<Transformer<float>> transformer;
  if (any_needs_model(specs)) {
    transformer.emplace(transformer_of(model));
    transformer->set_parameters(model.state.parameters);
  }
  Clusterer const clusterer(model, without_rounding(table.points), components, seed, is_rescaled);
  auto const truth = numbered(table.labels);
  std::vector<ClusteringResult> results;
  for (EstimatorSpec const& spec : specs) {
    results.push_back(clusterer.cluster(spec, transformer ? &*transformer : nullptr));
    compare(truth, components, results.back());
  }
  return results;
}

}  // namespace tvem
