#include "experiments/sweep/sweeper.hpp"

#include <memory>
#include <vector>

#include "experiments/report/output.hpp"
#include "experiments/run/evaluation_job.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/trained_model.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/durable.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {

namespace fs = std::filesystem;

SweepDisplay::SweepDisplay(SweepPlan const& plan, fs::path const& folder, bool is_active)
    : states_(plan.runs, folder),
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
      states_(plan.runs, folder_),
      display_(plan, folder_, is_display) {}

bool Sweeper::is_stopping() const {
  return is_stopped_ || group_.max(stop_.is_there() ? 1 : 0) == 1;
}

void Sweeper::do_run(std::size_t index, Voice voice) {
  if (!is_left_to_do(index)) return;
  SweepRun const& run = plan_.runs[index];
  auto const start = std::chrono::steady_clock::now();
  auto claim = std::unique_ptr<RunClaim>();
  std::string const outcome = outcome_of(run, voice, claim);
  claim.reset();
  if (outcome.empty()) return;
  std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
  tell(index, outcome + (outcome == "finished" ? " in " + duration_text(time.count()) : ""));
}

/// How the run ended; empty when there was nothing to do, or somebody else is at it.
std::string Sweeper::outcome_of(SweepRun const& run, Voice voice,
                                std::unique_ptr<RunClaim>& claim) {
  fs::path const folder = folder_ / run.id;
  try {
    if (!take_claim(folder, claim) || !work_on(run, voice, claim.get())) return "";
    ++n_done_;
    return "finished";
  } catch (StoppedOnRequest const& error) {
    is_stopped_ = true;
    return error.what();
  } catch (ClaimLost const& error) {
    if (group_.size() > 1) throw;
    return error.what();
  } catch (ConfigurationError const& error) {
    return failure(claim.get(), folder, error.what());
  } catch (TrainingDiverged const& error) {
    return failure(claim.get(), folder, error.what());
  } catch (std::exception const& error) {
    // Of one rank alone, perhaps: the others may be waiting, and only the end of all helps.
    if (!group_.is_root()) try_to_record_failure(folder, error.what());
    std::string const text = failure(claim.get(), folder, error.what());
    if (group_.size() > 1) throw;
    return text;
  }
}

/// Collective in the group. Whether the run is ours now; its claim is on the root.
bool Sweeper::take_claim(fs::path const& folder, std::unique_ptr<RunClaim>& claim) const {
  on_root(group_, [&] {
    claim = RunClaim::take(claim_file(folder));
    if (!claim) return;
    remove_left_over_writes(folder);
    clear_failure(folder);
  });
  return group_.max(claim ? 1 : 0) == 1;
}

/// Whether there was anything left to do. claim: none but on the root.
bool Sweeper::work_on(SweepRun const& run, Voice voice, RunClaim* claim) {
  WorkHooks const hooks{.on_alive =
                            [&] {
                              claim->check_now_and_then();
                              if (voice == Voice::silent) display_.refresh();
                            },
                        .on_steps = [&](std::int64_t steps) { claim->show_steps(steps); },
                        .wants_stop = [&] { return stop_.is_there(); },
                        .may_replace = [&] { claim->check(); }};
  return run.is_training ? train(run, folder_ / run.id, voice, hooks)
                         : evaluate_baselines(run, voice, hooks);
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
  auto const missing = missing_evaluations(run);
  Need const need = missing.empty() ? Need::results : Need::model;
  bool const was_work = run_job(run.settings, folder, group_, command_line_, voice, hooks, need);
  if (missing.empty()) return was_work;
  std::vector<std::string> warnings;
  auto const model = read_trained_model(group_, folder, warnings);
  for (auto const& warning : warnings) say(group_, "warning: " + warning + "\n");
  for (SweepEvaluation const* const evaluation : missing)
    evaluation_job({evaluation->settings, model, folder_ / evaluation->file}, group_, command_line_,
                   voice, hooks);
  return true;
}

bool Sweeper::evaluate_baselines(SweepRun const& run, Voice voice, WorkHooks const& hooks) {
  auto const missing = missing_evaluations(run);
  for (SweepEvaluation const* const evaluation : missing)
    evaluation_job({evaluation->settings, {}, folder_ / evaluation->file}, group_, command_line_,
                   voice, hooks);
  return !missing.empty();
}

/// Collective in the group, as its root sees it.
std::vector<SweepEvaluation const*> Sweeper::missing_evaluations(SweepRun const& run) const {
  std::vector<SweepEvaluation const*> missing;
  for (SweepEvaluation const& evaluation : run.evaluations)
    if (!holds(folder_ / evaluation.file, evaluation.identity)) missing.push_back(&evaluation);
  return missing;
}

/// Collective in the group, as its root sees it: whether the file holds this evaluation, whole.
bool Sweeper::holds(fs::path const& file, std::string const& identity) const {
  return group_.max(group_.is_root() && evaluation_of_file(file) == identity ? 1 : 0) == 1;
}

void Sweeper::tell(std::size_t index, std::string const& outcome) {
  SweepRun const& run = plan_.runs[index];
  display_.clear();
  std::string const whole = display_.text();
  say(group_, fmt::format("run {} of {}, {} ({}): {}{}{}\n", plan_.first + index, plan_.n_runs,
                          run.id, run.text(), outcome, whole.empty() ? "" : "; ", whole));
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
