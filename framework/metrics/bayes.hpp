#pragma once

#include <optional>

#include "framework/tasks/settings.hpp"

namespace tvem {

/// Bayes error of k equidistant components (distance `separation` in units of sigma, equal weights,
/// one spherical covariance), labels as named:
///   1 - Integral phi(t - separation / sqrt 2) Phi(t)^(k-1) dt,
/// independent of the dimension; Phi(-separation / 2) for k = 2. Absolute error below 1e-10.
double simplex_bayes_error(int k, double separation);

/// exp(-separation^2 / 8), separation in units of sigma: the exponent of the minimax error (Lu and
/// Zhou 2016). It is a rate, a slope on logarithmic axes: the Bayes error lies below it.
double minimax_rate(double separation);

/// The exact Bayes error and the minimax rate of a prior, labels as named; none without closed
/// forms.
struct ClosedForms {
  double bayes_error, minimax_rate;
};
std::optional<ClosedForms> closed_forms(TaskSettings const& task);

}  // namespace tvem
