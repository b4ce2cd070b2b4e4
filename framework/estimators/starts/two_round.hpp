#pragma once

#include "framework/core/random.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/estimators/starts/knowledge.hpp"

namespace tvem {

/// The first round of two-round EM (Dasgupta and Schulman 2007): many random points as centres,
/// with equal weights and the variance that half the squared distance of the nearest two suggests;
/// one EM step; centres of less than a quarter of an equal weight go; of the rest, k by farthest-
/// first traversal in units of standard deviations. The mixture has these means, equal weights, and
/// the variances of the step; its next EM step is the second round.
Mixture two_round_start(RowMatrix const& points, int k, EmSettings const& settings,
                        Knowledge const& known, double floor, PointPasses<double>& passes,
                        RandomStream& random);

}  // namespace tvem
