#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "experiments/report/progress.hpp"
#include "experiments/run/claim/claimed_work.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/comm/communicator.hpp"
#include "io/fs.hpp"

namespace tvem {

/// Shows the progress of a whole sweep on the first rank: an overwritten line on a terminal.
class SweepDisplay {
 public:
  /// folder: of the sweep. plan must outlive this.
  SweepDisplay(SweepPlan const& plan, fs::path const& folder, bool is_active);

  /// The text for the present state of the files; empty where this is not active.
  std::string text();
  /// Call it often: it looks at the files now and then, and for a small part of the time.
  void refresh();
  void clear() { line_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;
  SweepStates states_;
  bool is_active_, is_terminal_;
  StatusLine line_;
  Clock::time_point looked_{};
  Clock::duration look_took_{};
};

/// Does runs that no other process does, one after another, on a group of ranks; tells how each
/// ended.
class Sweeper {
 public:
  /// started_at: start of the sweep by the clock of its file system. is_display: whether this
  /// process shows the progress of all. plan and stop must outlive this.
  Sweeper(Communicator group, std::string command_line, SweepPlan const& plan, fs::path folder,
          StopRequest const& stop, fs::file_time_type started_at, bool is_display);

  /// Collective in the group. Whether one of its ranks has been asked to stop.
  bool is_stopping() const;
  /// Collective in the group. Does run `index` of the plan, unless it is finished, another process
  /// does it, or it has failed since this sweep was started. Records and tells failures of the run;
  /// throws what may be of one rank alone.
  void do_run(std::size_t index, Voice voice);

  bool is_root() const { return group_.is_root(); }
  int n_done() const { return n_done_; }
  int n_failed() const { return n_failed_; }

 private:
  bool is_left_to_do(std::size_t index);
  bool has_failed_since_start(fs::path const& folder) const;
  std::string outcome_of(SweepRun const& run, Voice voice, std::unique_ptr<RunClaim>& claim);
  bool take_claim(fs::path const& folder, std::unique_ptr<RunClaim>& claim) const;
  bool work_on(SweepRun const& run, Voice voice, RunClaim* claim);
  std::vector<SweepEvaluation const*> missing_evaluations(SweepRun const& run) const;
  void tell(std::size_t index, std::string const& outcome);
  std::string failure(RunClaim const* claim, fs::path const& folder, std::string const& message);

  Communicator group_;
  std::string command_line_;
  SweepPlan const& plan_;
  fs::path folder_;
  StopRequest const& stop_;
  fs::file_time_type started_at_;
  SweepStates states_;
  SweepDisplay display_;
  bool is_stopped_ = false;
  int n_done_ = 0, n_failed_ = 0;
};

}  // namespace tvem
