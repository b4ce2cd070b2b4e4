#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sweep_state.hpp"
#include "tvem/comm/communicator.hpp"
#include "tvem/core/error.hpp"
#include "tvem/io/sweep_runs.hpp"

namespace tvem {

/// What is said of the state of runs: lines for a reader, and for scripts a table whose columns are
/// separated by tabs, without messages and times.
struct StatusText {
  std::string text, tsv;
  bool are_all_finished = false;
};
enum class StatusForm { text, tsv };

/// Of one run: a line; name: what to call it.
StatusText status_of_one(std::string const& name, RunStatus const& status);
/// Of the runs of a sweep in its folder: a line each, and a summary.
StatusText status_of_sweep(Sweep const& sweep, std::vector<SweepRun> const& runs,
                           std::filesystem::path const& folder);

/// Collective. Looks on rank 0, says what it sees, and returns the exit code for it.
ExitCode tell_status(Communicator const& comm, StatusForm form,
                     std::function<StatusText()> const& look);

}  // namespace tvem
