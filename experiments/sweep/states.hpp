#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/run/status.hpp"
#include "experiments/sweep/runs.hpp"
#include "framework/core/enum_names.hpp"

namespace tvem {

/// How many runs are in each state.
class StateCounts {
 public:
  void add(RunState state) { ++counts_[static_cast<std::size_t>(state)]; }
  bool are_all_finished() const { return counts_[0] == n_runs(); }
  std::size_t count(RunState state) const { return counts_[static_cast<std::size_t>(state)]; }
  std::size_t n_runs() const;
  /// "10 runs: 8 finished, 0 running, ..."
  std::string text() const;

 private:
  std::array<std::size_t, enum_names<RunState>.size()> counts_{};
};

/// The states of all runs of a sweep, or of some, from their files.
class SweepStates {
 public:
  /// folder: of the sweep. The runs must outlive this.
  SweepStates(std::vector<SweepRun> const& runs, std::filesystem::path folder);

  /// Looks at the files of the runs that were not finished.
  void refresh();
  /// The same of one run.
  RunStatus const& look_at(std::size_t run);
  RunStatus const& status(std::size_t run) const { return statuses_[run]; }
  StateCounts counts() const;
  /// Of the trainings that are left, if as many runs go on at once as are running now; NaN when
  /// nothing is known of their speed. The work of a training is estimated from its settings.
  double seconds_left() const;
  /// "12 of 28 runs finished, 2 running, 0 failed, 4 min 10 s left"
  std::string progress_text() const;

 private:
  RunStatus status_of(SweepRun const& run) const;

  std::vector<SweepRun> const& runs_;
  std::filesystem::path folder_;
  std::vector<RunStatus> statuses_;
  std::vector<double> works_;  // of each run; 0 for baselines
};

}  // namespace tvem
