#pragma once

#include <vector>

#include "framework/tasks/mixture.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// log p(points, labels) of a task with k components, up to a constant of its prior: means and
/// weights are integrated out, and sigma by 64 nodes where it has a range. points: n x d. prior:
/// one that posterior_problems has nothing against.
double log_joint(RowMatrix const& points, std::vector<int> const& labels, int k,
                 TaskSettings const& prior);

}  // namespace tvem
