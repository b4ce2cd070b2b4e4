#pragma once

#include "framework/core/random.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/estimators/starts/knowledge.hpp"

namespace tvem {

/// The first round of two-round EM (Dasgupta and Schulman 2007). Many random points are the
/// centres, with equal weights and the variance that half the squared distance of the nearest two
/// suggests. After one EM step, centres of less than a quarter of an equal weight go. A
/// farthest-first traversal in units of standard deviations chooses k of the rest. The mixture has
/// these means, equal weights, and the variances of the step; its next EM step is the second round.
Mixture two_round_start(RowMatrix const& points, int k, EmSettings const& settings,
                        Knowledge const& known, double floor, PointPasses<double>& passes,
                        RandomStream& random);

}  // namespace tvem
