#pragma once

#include "framework/core/processor/instruction_set.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/estimators/starts/knowledge.hpp"

namespace tvem {

/// Lloyd's algorithm (k-means) in settings.precision from the given means, until no label changes
/// or for settings.max_iterations. An empty cluster is moved to the point farthest from its centre,
/// and counted. The fit's mixture is the one that the labels describe: shares, means and the shared
/// within-cluster variance.
Fit lloyd_from(RowMatrix const& points, RowMatrix means, EmSettings const& settings);

/// Lloyd with restarts as in `em`; the restart with the least sum of squares is kept.
Fit lloyd(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts,
          Knowledge const& known = {});

}  // namespace tvem
