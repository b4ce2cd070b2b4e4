#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "experiments/run/status.hpp"
#include "experiments/sweep/runs.hpp"
#include "framework/core/enum_names.hpp"
#include "io/fs.hpp"

namespace tvem {

class StateCounts {
 public:
  void add(RunState state) { ++counts_[state]; }
  bool are_all_finished() const { return count(RunState::finished) == n_runs(); }
  std::int64_t count(RunState state) const;
  std::int64_t n_runs() const;
  /// "10 runs: 8 finished, 0 running, ..."
  std::string text() const;

 private:
  std::map<RunState, std::int64_t> counts_;
};

/// The states of all runs of a sweep, or of some, from their files.
class SweepStates {
 public:
  /// folder: of the sweep. The runs must outlive this.
  SweepStates(std::vector<SweepRun> const& runs, fs::path folder);

  /// Looks at the files of the runs that were not finished.
  void refresh();
  RunStatus const& look_at(std::size_t run);
  RunStatus const& status(std::size_t run) const { return statuses_[run]; }
  StateCounts counts() const;
  /// Time of the trainings that are left, if as many run at once as now; NaN when their speed is
  /// not known. Estimates the work of a training from its settings.
  double seconds_left() const;
  /// "12 of 28 runs finished, 2 running, 0 failed, 4 min 10 s left"
  std::string progress_text() const;

 private:
  RunStatus status_of(SweepRun const& run) const;

  std::vector<SweepRun> const& runs_;
  fs::path folder_;
  std::vector<RunStatus> statuses_;
  std::vector<double> works_;  // of each run; 0 for baselines
};

}  // namespace tvem
