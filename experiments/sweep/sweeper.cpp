#include "experiments/sweep/sweeper.hpp"

#include <memory>
#include <vector>

#include "experiments/report/output.hpp"
#include "experiments/report/ranks.hpp"
#include "experiments/run/evaluation/evaluation_job.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/trained_model.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/durable.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {

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
  return is_stopped_ || is_on_any_rank(group_, stop_.is_there());
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

/// How the run ended; empty when there was nothing to do, or another process does it.
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
    // Perhaps on one rank alone: the others may be waiting, and only the end of all helps.
    if (!group_.is_root()) try_to_record_failure(folder, error.what());
    std::string const text = failure(claim.get(), folder, error.what());
    if (group_.size() > 1) throw;
    return text;
  }
}

/// Collective in the group. Whether the run is ours now; the root has its claim.
bool Sweeper::take_claim(fs::path const& folder, std::unique_ptr<RunClaim>& claim) const {
  return root_finds(group_, [&] {
    claim = RunClaim::take(claim_file(folder));
    // It may have failed, and been released, since is_left_to_do looked.
    if (claim && has_failed_since_start(folder)) claim.reset();
    if (!claim) return false;
    remove_left_over_writes(folder);
    clear_failure(folder);
    return true;
  });
}

/// Whether there was anything left to do. claim: of the root; none on the others.
bool Sweeper::work_on(SweepRun const& run, Voice voice, RunClaim* claim) {
  WorkHooks hooks = hooks_of(claim, stop_);
  hooks.on_alive = [&, alive = hooks.on_alive] {
    alive();
    if (voice == Voice::silent) display_.refresh();
  };
  auto const missing = missing_evaluations(run);
  bool was_work = false;
  std::optional<TrainedModel> model;
  if (run.is_training) {
    Need const need = missing.empty() ? Need::results : Need::model;
    fs::path const folder = folder_ / run.id;
    was_work = run_job(run.settings, folder, group_, command_line_, voice, hooks, need);
    std::vector<std::string> warnings;
    if (!missing.empty()) model = read_trained_model(group_, folder, warnings);
    say_each(group_, "warning", warnings);
  }
  for (SweepEvaluation const* const evaluation : missing)
    evaluation_job({evaluation->settings, model, std::nullopt, folder_ / evaluation->file}, group_,
                   command_line_, voice, hooks);
  return was_work || !missing.empty();
}

/// Collective in the group, as its root sees it: the run is not finished, and has not failed in
/// another group or job since this sweep was started.
bool Sweeper::is_left_to_do(std::size_t index) {
  return root_finds(group_, [&] {
    return states_.look_at(index).state != RunState::finished &&
           !has_failed_since_start(folder_ / plan_.runs[index].id);
  });
}

/// Whether the run of the folder has failed in another group or job since this sweep was started.
bool Sweeper::has_failed_since_start(fs::path const& folder) const {
  auto const failed_at = time_of_failure(folder);
  return failed_at && *failed_at >= started_at_;
}

/// Collective in the group, as its root sees it.
std::vector<SweepEvaluation const*> Sweeper::missing_evaluations(SweepRun const& run) const {
  std::vector<SweepEvaluation const*> missing;
  for (SweepEvaluation const& evaluation : run.evaluations) {
    auto const is_missing = [&] {
      return evaluation_of_file(folder_ / evaluation.file) != evaluation.identity;
    };
    if (root_finds(group_, is_missing)) missing.push_back(&evaluation);
  }
  return missing;
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
