#include "experiments/sweep/sweeper.hpp"

#include <memory>
#include <vector>

#include "experiments/report/output.hpp"
#include "experiments/run/evaluation_job.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/trained_model.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "io/durable/durable.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {

namespace fs = std::filesystem;

SweepDisplay::SweepDisplay(SweepPlan const& plan, fs::path const& folder, bool is_active)
    : states_(plan.sweep, plan.runs, folder),
      is_active_(is_active),
      is_terminal_(is_active && output_is_terminal()) {}

std::string SweepDisplay::text() {
  if (!is_active_) return "";
  auto const start = Clock::now();
  states_.refresh();
  looked_ = Clock::now();
  look_took_ = looked_ - start;
  return states_.progress_text();
}

void SweepDisplay::refresh() {
  auto const since = Clock::now() - looked_;
  if (!is_terminal_ || since < std::chrono::seconds(2) || since < 20 * look_took_) return;
  line_.show(text());
}

Sweeper::Sweeper(Communicator group, std::string command_line, SweepPlan const& plan,
                 fs::path folder, StopRequest const& stop, fs::file_time_type started_at,
                 bool is_display)
    : group_(std::move(group)),
      command_line_(std::move(command_line)),
      plan_(plan),
      folder_(std::move(folder)),
      stop_(stop),
      started_at_(started_at),
      states_(plan.sweep, plan.runs, folder_),
      display_(plan, folder_, is_display) {}

bool Sweeper::is_stopping() const {
  return is_stopped_ || group_.max(stop_.is_there() ? 1 : 0) == 1;
}

void Sweeper::do_run(std::size_t index, Voice voice) {
  SweepRun const& run = plan_.runs[index];
  fs::path const folder = folder_ / run.id;
  if (!is_left_to_do(index)) return;
  auto const start = std::chrono::steady_clock::now();
  std::unique_ptr<RunClaim> claim;
  std::string outcome;
  try {
    on_root(group_, [&] {
      claim = RunClaim::take(claim_file(folder));
      if (!claim) return;
      remove_left_over_writes(folder);
      clear_failure(folder);
    });
    if (group_.max(claim ? 1 : 0) == 0) return;
    WorkHooks const hooks{.on_alive =
                              [&] {
                                claim->check_now_and_then();
                                if (voice == Voice::silent) display_.refresh();
                              },
                          .on_steps = [&](std::int64_t steps) { claim->show_steps(steps); },
                          .wants_stop = [&] { return stop_.is_there(); },
                          .may_replace = [&] { claim->check(); }};
    bool const was_work =
        run.is_training ? train(run, folder, voice, hooks) : evaluate_baselines(run, voice, hooks);
    if (!was_work) return;
    ++n_done_;
    outcome = "finished";
  } catch (StoppedOnRequest const& error) {
    is_stopped_ = true;
    outcome = error.what();
  } catch (ClaimLost const& error) {
    if (group_.size() > 1) throw;
    outcome = error.what();
  } catch (ConfigurationError const& error) {
    outcome = failure(claim.get(), folder, error.what());
  } catch (TrainingDiverged const& error) {
    outcome = failure(claim.get(), folder, error.what());
  } catch (std::exception const& error) {
    // Of one rank alone, perhaps: the others may be waiting, and only the end of all helps.
    if (!group_.is_root()) try_to_record_failure(folder, error.what());
    outcome = failure(claim.get(), folder, error.what());
    if (group_.size() > 1) throw;
  }
  claim.reset();
  std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
  tell(index, outcome + (outcome == "finished" ? " in " + duration_text(time.count()) : ""));
}

/// Collective in the group, as its root sees it: not finished, and not failed since this sweep
/// was started, by another group or job.
bool Sweeper::is_left_to_do(std::size_t index) {
  bool is_left = false;
  if (group_.is_root()) {
    auto const failed_at = time_of_failure(folder_ / plan_.runs[index].id);
    is_left = states_.look_at(index).state != RunState::finished &&
              !(failed_at && *failed_at >= started_at_);
  }
  return group_.max(is_left ? 1 : 0) == 1;
}

/// The training, and the evaluations of its model. Whether there was anything left to do.
bool Sweeper::train(SweepRun const& run, fs::path const& folder, Voice voice,
                    WorkHooks const& hooks) {
  std::vector<std::size_t> missing;
  for (std::size_t const cell : run.evaluations)
    if (!holds(folder_ / model_evaluation_file(plan_.sweep, cell),
               model_evaluation_identity(plan_.sweep, cell)))
      missing.push_back(cell);
  bool const was_work =
      run_job(training_settings(plan_.sweep, run.cell), folder, group_, command_line_, voice, hooks,
              missing.empty() ? Need::results : Need::model);
  if (missing.empty()) return was_work;
  std::vector<std::string> warnings;
  auto const model = read_trained_model(group_, folder, warnings);
  for (auto const& warning : warnings) say(group_, "warning: " + warning + "\n");
  for (std::size_t const cell : missing)
    evaluation_job({model_evaluation_settings(plan_.sweep, cell), model,
                    folder_ / model_evaluation_file(plan_.sweep, cell)},
                   group_, command_line_, voice, hooks);
  return true;
}

bool Sweeper::evaluate_baselines(SweepRun const& run, Voice voice, WorkHooks const& hooks) {
  fs::path const file = folder_ / baseline_file(plan_.sweep, run.cell);
  if (holds(file, baseline_identity(plan_.sweep, run.cell))) return false;
  evaluation_job({baseline_settings(plan_.sweep, run.cell), {}, file}, group_, command_line_, voice,
                 hooks);
  return true;
}

/// Collective in the group, as its root sees it: whether the file holds this evaluation, whole.
bool Sweeper::holds(fs::path const& file, std::string const& identity) const {
  return group_.max(group_.is_root() && evaluation_of_file(file) == identity ? 1 : 0) == 1;
}

void Sweeper::tell(std::size_t index, std::string const& outcome) {
  SweepRun const& run = plan_.runs[index];
  display_.clear();
  std::string const whole = display_.text();
  say(group_, "run " + std::to_string(plan_.first + index) + " of " + std::to_string(plan_.n_runs) +
                  ", " + run.id + " (" + text_of(plan_.sweep, run) + "): " + outcome +
                  (whole.empty() ? "" : "; " + whole) + "\n");
}

std::string Sweeper::failure(RunClaim const* claim, fs::path const& folder,
                             std::string const& message) {
  ++n_failed_;
  if (!group_.is_root()) return message;
  try {
    if (claim) claim->check();
  } catch (ClaimLost const& lost) {
    return lost.what();
  }
  try_to_record_failure(folder, message);
  return "failed: " + message;
}

}  // namespace tvem
