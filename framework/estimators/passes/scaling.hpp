#pragma once

#include "framework/estimators/fit.hpp"
#include "framework/estimators/starts/knowledge.hpp"

namespace tvem {

/// Other units for points: x = origin + 2^exponent y. A power of two changes no digit, so that a
/// method does the same in all of them, as long as no square leaves the range of its numbers.
struct Scaling {
  Eigen::VectorXd origin;  // d; none: 0
  int exponent = 0;

  bool is_identity() const { return exponent == 0 && origin.size() == 0; }
  /// Points (n x d), a mixture of them or what is known of it, in the other units. A prior of the
  /// means is one about 0, whatever the origin.
  RowMatrix from_points(RowMatrix const& points) const;
  Mixture from_points(Mixture mixture) const;
  Knowledge from_points(Knowledge known) const;
  /// Back to the units of the points; the likelihood is multiplied by the volume of the units. The
  /// objective stays: it compares the restarts of one task.
  Mixture to_points(Mixture mixture) const;
  Fit to_points(Fit fit) const;
};

/// The units of the points where their largest coordinate is between 2^-40 and 2^40; beyond that,
/// squares leave the range of float. Otherwise the units in which it is between 1/2 and 1. A
/// coordinate that is the same for several points becomes 0, so that its square does not drown the
/// others' and means have no rounding.
Scaling ordinary_scaling(RowMatrix const& points);

/// The units in which the points have the mean 0 and the largest coordinate between 1/2 and 1.
/// Coordinates that are all equal become exactly 0.
Scaling centred_scaling(RowMatrix const& points);

/// Whether a coordinate is the same for all points but for rounding: within 4 epsilon x its value
/// of that of the first, however many points there are.
bool is_constant(RowMatrix const& points, Eigen::Index coordinate);

/// Calls f(points, their scaling) in ordinary units and brings its fit back to those of the points.
template <class F>
Fit fit_in_ordinary_units(RowMatrix const& points, F const& f) {
  Scaling const scaling = ordinary_scaling(points);
  if (scaling.is_identity()) return f(points, scaling);
  return scaling.to_points(f(scaling.from_points(points), scaling));
}

}  // namespace tvem
