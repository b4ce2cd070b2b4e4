#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/sweep/runs.hpp"
#include "io/sweep_file.hpp"

namespace tvem {

/// A sweep's results with its axes as dimensions, and what the user should know of them.
struct CollectedSweep {
  SweepTable table;
  std::vector<std::string> warnings;
};

/// Reads the results that are there. Each cell joins its model's evaluation with its baselines,
/// which have the same tasks. per_task: names of evaluation metrics whose values on every task are
/// wanted too. Damaged files are warned of, and their cells have no values.
CollectedSweep collect(std::filesystem::path const& folder, Sweep const& sweep,
                       std::vector<std::string> const& per_task);

}  // namespace tvem
