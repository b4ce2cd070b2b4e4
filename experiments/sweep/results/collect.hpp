#pragma once

#include <string>
#include <vector>

#include "experiments/sweep/runs.hpp"
#include "io/fs.hpp"
#include "io/sweep_file.hpp"

namespace tvem {

/// The results of a sweep with its axes as dimensions, and warnings for the user.
struct CollectedSweep {
  SweepTable table;
  std::vector<std::string> warnings;
};

/// Reads all results of a sweep. Each cell joins the evaluation of its model with its baselines,
/// which have the same tasks. per_task: names of metrics whose values on every task are wanted too.
/// Warns of damaged files; their cells have no values.
CollectedSweep collect(fs::path const& folder, Sweep const& sweep,
                       std::vector<std::string> const& per_task);

}  // namespace tvem
