#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "experiments/report/progress.hpp"
#include "experiments/run/claim.hpp"
#include "experiments/run/job.hpp"
#include "experiments/run/stop_request.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/comm/communicator.hpp"

namespace tvem {

/// Shows how far a whole sweep is: a line on a terminal, written over. On the first rank alone.
class SweepDisplay {
 public:
  /// folder: of the sweep. plan must outlive this.
  SweepDisplay(SweepPlan const& plan, std::filesystem::path const& folder, bool is_active);

  /// The text of the files' present state; empty where this is not active.
  std::string text();
  /// To be called often: looks at the files now and then, and never for most of the time.
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

/// Does runs that nobody else has, one after another, on a group of ranks, and tells how it goes.
class Sweeper {
 public:
  /// started_at: when the sweep was, on the clock of its file system. is_display: whether this
  /// process shows the progress of all. plan, stop: must outlive this.
  Sweeper(Communicator group, std::string command_line, SweepPlan const& plan,
          std::filesystem::path folder, StopRequest const& stop,
          std::filesystem::file_time_type started_at, bool is_display);

  /// Collective in the group. Whether one of its ranks has been asked to stop.
  bool is_stopping() const;
  /// Collective in the group. Does run `index` of the plan, unless it is finished, somebody else is
  /// at it, or it has failed since this sweep was started. What goes wrong with the run is recorded
  /// and told; throws what may be of one rank alone.
  void do_run(std::size_t index, Voice voice);

  bool is_root() const { return group_.is_root(); }
  int n_done() const { return n_done_; }
  int n_failed() const { return n_failed_; }

 private:
  bool is_left_to_do(std::size_t index);
  std::string outcome_of(SweepRun const& run, Voice voice, std::unique_ptr<RunClaim>& claim);
  bool take_claim(std::filesystem::path const& folder, std::unique_ptr<RunClaim>& claim) const;
  bool work_on(SweepRun const& run, Voice voice, RunClaim* claim);
  bool train(SweepRun const& run, std::filesystem::path const& folder, Voice voice,
             WorkHooks const& hooks);
  bool evaluate_baselines(SweepRun const& run, Voice voice, WorkHooks const& hooks);
  std::vector<SweepEvaluation const*> missing_evaluations(SweepRun const& run) const;
  bool holds(std::filesystem::path const& file, std::string const& identity) const;
  void tell(std::size_t index, std::string const& outcome);
  std::string failure(RunClaim const* claim, std::filesystem::path const& folder,
                      std::string const& message);

  Communicator group_;
  std::string command_line_;
  SweepPlan const& plan_;
  std::filesystem::path folder_;
  StopRequest const& stop_;
  std::filesystem::file_time_type started_at_;
  SweepStates states_;
  SweepDisplay display_;
  bool is_stopped_ = false;
  int n_done_ = 0, n_failed_ = 0;
};

}  // namespace tvem
