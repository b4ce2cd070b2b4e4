#pragma once

#include <string>
#include <vector>

#include "framework/tasks/mixture.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// log p(points, labels) of a task with k components, up to a constant of its prior: means and
/// weights are integrated out, and sigma by 64 nodes where it has a range. points: n x d. prior:
/// one that log_joint_problems has nothing against.
double log_joint(RowMatrix const& points, std::vector<int> const& labels, int k,
                 TaskSettings const& prior);

/// Why it is not covered, one sentence each: what posterior_problems says, and simplex means, whose
/// rotations it does not integrate.
std::vector<std::string> log_joint_problems(TaskSettings const& prior);

}  // namespace tvem
