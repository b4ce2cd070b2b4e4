#include "framework/train/model_input.hpp"

#include <cmath>

#include "framework/estimators/passes/scaling.hpp"
#include "framework/estimators/starts/initial_guess.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

/// The mixture with the factors diag(scale) F_j.
Mixture scaled(Mixture const& mixture, Eigen::VectorXd const& scale) {
  Mixture result = with_factors(mixture);
  for (Eigen::Index j = 0; j < result.components(); ++j)
    result.factor(j) = scale.asDiagonal() * result.factor(j);
  return result;
}

/// Writes a point or a mean, in the task's units, with zeros up to dim columns.
void append_coordinates(RowMatrix const& rows, Eigen::Index i, Units const& units, int dim,
                        std::vector<float>& values) {
  for (Eigen::Index c = 0; c < dim; ++c) {
    double value = c < rows.cols() ? rows(i, c) : 0;
    if (c < rows.cols() && !units.are_those_of_points())
      value = (value - units.shift[c]) / units.scale[c];
    values.push_back(rounded_to<float>(value));
  }
}

void append_one_hot(int label, int n_labels, std::vector<float>& values) {
  for (int j = 0; j < n_labels; ++j) values.push_back(j == label ? 1.0f : 0.0f);
}

void append_task(Settings const& settings, std::vector<int> const& guess, Task const& task,
                 Units const& units, std::vector<float>& values) {
  int const dim = settings.task.dim.high;
  Mixture const guessed = settings.input.auxiliary
                              ? mixture_of_labels(task.points, guess, task.components(), 0)
                              : Mixture{};
  for (Eigen::Index i = 0; i < task.points.rows(); ++i) {
    append_coordinates(task.points, i, units, dim, values);
    if (guess.empty()) continue;
    int const label = guess[i];
    append_one_hot(label, settings.task.components.high, values);
    if (!settings.input.auxiliary) continue;
    append_coordinates(guessed.means, label, units, dim, values);
    values.push_back(rounded_to<float>(guessed.weights[label]));
  }
}

double standard_deviation(RowMatrix const& points, Eigen::Index c, double mean) {
  double largest = 0, square_sum = 0;
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    largest = std::fmax(largest, std::fabs(points(i, c) - mean));
  // A power of two, which changes no digit, keeps squares within the range of double.
  double const unit = std::ldexp(1.0, std::ilogb(largest));
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    double const deviation = (points(i, c) - mean) / unit;
    square_sum += deviation * deviation;
  }
  return unit * std::sqrt(square_sum / as_real(points.rows()));
}

}  // namespace

Units standard_units(RowMatrix const& points) {
  Eigen::Index const d = points.cols();
  Units units{Eigen::VectorXd::Zero(d), Eigen::VectorXd::Ones(d)};
  for (Eigen::Index c = 0; c < d; ++c) {
    if (is_constant(points, c)) {
      units.shift[c] = points(0, c);
      continue;
    }
    units.shift[c] = column_mean(points, c);
    units.scale[c] = standard_deviation(points, c, units.shift[c]);
  }
  return units;
}

RowMatrix Units::from_points(RowMatrix const& points) const {
  if (are_those_of_points()) return points;
  return (points.rowwise() - shift.transpose()).array().rowwise() / scale.transpose().array();
}

Mixture Units::from_points(Mixture const& mixture) const {
  if (are_those_of_points()) return mixture;
  Mixture result = scaled(mixture, scale.cwiseInverse());
  result.means =
      (mixture.means.rowwise() - shift.transpose()).array().rowwise() / scale.transpose().array();
  return result;
}

Mixture Units::to_points(Mixture const& mixture) const {
  if (are_those_of_points()) return mixture;
  Mixture result = scaled(mixture, scale);
  result.means = (mixture.means.array().rowwise() * scale.transpose().array()).matrix().rowwise() +
                 shift.transpose();
  return result;
}

ModelDomain model_domain(Settings const& settings) {
  int const dim = settings.task.dim.high, k_high = settings.task.components.high;
  bool const has_guess = settings.input.guess != GuessKind::none;
  return {.dim = dim + (has_guess ? k_high : 0) + (settings.input.auxiliary ? dim + 1 : 0),
          .components = settings.task.components,
          .point_dim = dim};
}

void fill_model_input(Settings const& settings, std::uint64_t seed, Purpose purpose,
                      std::span<Task const> tasks, ModelInput& input) {
  input.units.assign(tasks.size(), Units{});
  fill_batch(tasks, settings.task.dim.high, input.batch);
  if (settings.input.guess == GuessKind::none && !settings.input.standardize) return;
  input.batch.dim = model_domain(settings).dim;
  input.batch.points.clear();
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    if (settings.input.standardize) input.units[t] = standard_units(tasks[t].points);
    append_task(settings, initial_guess(settings.input, seed, purpose, tasks[t]), tasks[t],
                input.units[t], input.batch.points);
  }
}

}  // namespace tvem
