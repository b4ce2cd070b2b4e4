#pragma once

#include <string>
#include <vector>

#include "experiments/sweep/runs.hpp"
#include "experiments/sweep/states.hpp"
#include "io/fs.hpp"

namespace tvem {

/// The state of runs: lines for a reader, and for scripts a table whose columns are separated by
/// tabs, without messages and times.
struct StatusText {
  std::string text, tsv;
  bool are_all_finished = false;
};

/// A line for one run. name: what to call it.
StatusText status_of_one(std::string const& name, RunStatus const& status);
/// A line for each run of a sweep in its folder, and a summary.
StatusText status_of_sweep(std::vector<SweepRun> const& runs, fs::path const& folder);

}  // namespace tvem
