#include <set>

#include "experiments/run/clustering/clustering.hpp"
#include "experiments/run/clustering/spread.hpp"
#include "experiments/run/resources.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/options.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

/// The most different labels that clusters are compared with: a matrix of as many rows aligns them.
constexpr std::size_t most_classes = 256;

std::size_t bytes_to_infer(ClusteringTask const& task) {
  return task.transformer().bytes_to_infer(task.table.points.rows());
}

std::int64_t n_distinct(RowMatrix const& points) {
  std::set<std::vector<double>> rows;
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    Eigen::VectorXd const row = points.row(i);
    rows.emplace(row.begin(), row.end());
  }
  return std::ssize(rows);
}

/// What is wrong with an estimator for points without a truth; empty when nothing is.
std::string specification_problem(EstimatorSpec const& spec) {
  bool const needs_truth = spec.method == Method::bayes || spec.method == Method::bayes_guess ||
                           spec.method == Method::chance || spec.weighs_labels() ||
                           is_without_chance(spec.em.start) ||
                           !(spec.em.known == KnownParameters{});
  auto const subject = fmt::format("--estimators: \"{}\"", spec.text);
  if (spec.is_external())
    return subject + ": programs of your own are for tvem run, sweep and evaluate";
  if (needs_truth) return subject + " needs a task whose truth is known, or a task's prior";
  if (spec.em.components > 0)
    return subject + ": the number of components is --components, for all of them";
  return "";
}

Sentences model_problems(ClusteringTask const& task) {
  Sentences problems;
  RowMatrix const& points = task.table.points;
  TaskSettings const& trained = task.model.settings.task;
  if (points.cols() > trained.dim.high)
    problems.push_back(fmt::format(
        "the points have {} coordinates; the model was trained for task.dim = {}: choose fewer "
        "with --columns, or another model",
        points.cols(), range_text(trained.dim)));
  if (task.components.low < trained.components.low ||
      task.components.high > trained.components.high)
    problems.push_back(
        fmt::format("--components {}: the model was trained for task.components = {}",
                    range_text(task.components), range_text(trained.components)));
  if (task.model.settings.input.guess == GuessKind::corrupted)
    problems.emplace_back(
        "the model needs the truth, corrupted, as its guess (input.init); one for data of your own "
        "has input.init none, random, kmeans++ or spectral");
  append_if_any(problems, memory_problem(points.rows(), bytes_to_infer(task), memory_left()));
  return problems;
}

/// Where the points lie outside of what training tasks are like, coordinate by coordinate.
Sentences spread_warnings(ClusteringTask const& task) {
  Sentences warnings;
  Spread const training = spread_of_training(task.model.settings);
  Spread const own = spread_of(task.table.points);
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
    check(task.table.columns[c], "mean", own.means[c], training.means);
    if (own.deviations[c] > 0)
      check(task.table.columns[c], "standard deviation", own.deviations[c], training.deviations);
  }
  return warnings;
}

Sentences size_warnings(ClusteringTask const& task) {
  Sentences warnings;
  RowMatrix const& points = task.table.points;
  TaskSettings const& trained = task.model.settings.task;
  auto const check = [&](Eigen::Index value, Range<int> range, char const* what, char const* key) {
    if (value < range.low || value > range.high)
      warnings.push_back(fmt::format("{} {}: the model was trained for {} = {}", value, what, key,
                                     range_text(range)));
  };
  check(points.rows(), trained.points, "points", "task.points");
  check(points.cols(), trained.dim, "coordinates", "task.dim");
  append_if_any(warnings, memory_note(points.rows(), bytes_to_infer(task)));
  return warnings;
}

}  // namespace

Sentences clustering_problems(ClusteringTask const& task) {
  Sentences problems;
  auto const& [columns, points, labels, rows, notes] = task.table;
  if (points.rows() < task.components.high)
    problems.push_back(fmt::format("--components {} is more than the {} points",
                                   range_text(task.components), points.rows()));
  std::size_t const n_classes = std::set<std::string>(labels.begin(), labels.end()).size();
  if (n_classes > most_classes)
    problems.push_back(
        fmt::format("--labels has {} different labels; clusters can be compared with at most {}",
                    n_classes, most_classes));
  for (EstimatorSpec const& spec : task.specs) append_if_any(problems, specification_problem(spec));
  if (task.needs_model()) append(problems, model_problems(task));
  return problems;
}

Sentences clustering_warnings(ClusteringTask const& task) {
  Sentences warnings;
  RowMatrix const& points = task.table.points;
  for (Eigen::Index c = 0; c < points.cols() && points.rows() > 1; ++c)
    if (is_constant(points, c))
      warnings.push_back(fmt::format("column {} has one value, {:.3g}: it tells no points apart",
                                     task.table.columns[c], points(0, c)));
  if (auto const distinct = n_distinct(points); distinct < task.components.high)
    warnings.push_back(
        fmt::format("--components {} is more than the {} different points among the {}: clusters "
                    "stay empty, or share a point",
                    range_text(task.components), distinct, points.rows()));
  if (!task.needs_model()) return warnings;
  append(warnings, size_warnings(task));
  if (!task.is_rescaled && !task.model.settings.input.standardize)
    append(warnings, spread_warnings(task));
  return warnings;
}

}  // namespace tvem
