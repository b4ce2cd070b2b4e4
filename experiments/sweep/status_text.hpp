#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "experiments/program/command.hpp"
#include "experiments/sweep/runs.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/comm/communicator.hpp"

namespace tvem {

/// What is said of the state of runs: lines for a reader, and for scripts a table whose columns are
/// separated by tabs, without messages and times.
struct StatusText {
  std::string text, tsv;
  bool are_all_finished = false;
};

/// Of one run: a line; name: what to call it.
StatusText status_of_one(std::string const& name, RunStatus const& status);
/// Of the runs of a sweep in its folder: a line each, and a summary.
StatusText status_of_sweep(std::vector<SweepRun> const& runs, std::filesystem::path const& folder);

/// Collective. Looks on rank 0, says what it sees, in the form that --tsv asks for, and returns the
/// exit code for it.
ExitCode tell_status(CommandContext const& context, std::function<StatusText()> const& look);

}  // namespace tvem
