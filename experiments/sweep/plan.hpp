#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/sweep/runs.hpp"

namespace tvem {

struct SweepPlan {
  Sweep sweep;
  std::vector<SweepRun> runs;         // those that are asked for
  std::size_t first = 0, n_runs = 0;  // the place of the first among all
  std::vector<std::string> notes;     // estimators that are left out of some cells
};

/// The sweep of a configuration (its text and path) and of keys on the command line. Adds the
/// problems of its runs, each once.
SweepPlan plan_sweep(std::string const& text, std::string const& path,
                     std::vector<std::string> const& keys, std::vector<std::string>& problems);

/// The place that --index asks for. Throws ConfigurationError when there are not so many.
std::size_t place_in(std::string const& index, std::size_t n_runs);

/// Keeps one run alone; index: text of --index. Throws ConfigurationError.
void keep_run(SweepPlan& plan, std::string const& index);

/// The runs, one a line: for a reader, and for a script.
std::string list_of(SweepPlan const& plan);
std::string tsv_of(SweepPlan const& plan);

/// Sentences for the user: estimators that some cells leave out, and keys that no part of a run
/// reads (of a large sweep only its first runs are looked at).
std::vector<std::string> notes_of(SweepPlan const& plan);

}  // namespace tvem
