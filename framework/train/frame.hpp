#pragma once

#include "framework/estimators/settings.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// A task's own coordinates in the model's input: y = A (x - centre) / scale, where A has the axes
/// for rows.
struct Frame {
  Eigen::VectorXd centre, scale;  // d; or none, for the coordinates of the points
  RowMatrix axes;                 // d x d, orthonormal rows; or none, for those of the points

  bool is_that_of_points() const { return scale.size() == 0; }
  /// Points or means (n x d) in this frame.
  RowMatrix from_points(RowMatrix const& points) const;
  /// A mixture of the points in this frame, and back.
  Mixture from_points(Mixture const& mixture) const;
  Mixture to_points(Mixture const& mixture) const;
};

/// The frame of these points (n x d) that the keys `input.frame` and `input.standardize` ask for. A
/// coordinate that is constant but for rounding (is_constant) keeps its scale.
///
/// orientation: 0 for that frame, 1, 2, ... for others in which the points have the same distances.
/// Of a canonical frame they have other signs of the axes, 2^d in all, those first whose sign was
/// decided by least (the numbers go round again after that). Of other frames they are rotated and
/// reflected at random, keyed by the orientation alone.
Frame frame_of(InputSettings const& settings, RowMatrix const& points, int orientation = 0);

/// The points' own axes, with mean 0 and variance 1 in every coordinate.
Frame standard_frame(RowMatrix const& points);

/// The axes in which points turn out the same however they were rotated and reflected: eigenvectors
/// of their scatter, by falling eigenvalue, each with the sign that makes the sum of the cubes of
/// the coordinates positive. centred: n x d, points less their mean. Result: d x d, one axis a row.
///
/// Where two eigenvalues are equal but for rounding, the axes between them are eigenvectors of the
/// scatter with |x|^2 as the weights. Where the sum of cubes is zero but for rounding, sums of
/// y |x|^2 and of y^5 decide in its place. Where they do not either, points are as a rule their own
/// mirror image.
RowMatrix canonical_axes(RowMatrix const& centred);

}  // namespace tvem
