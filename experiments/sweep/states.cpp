#include "experiments/sweep/states.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/report/formatting.hpp"
#include "experiments/report/progress.hpp"
#include "experiments/run/claim/claim.hpp"
#include "framework/core/text.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {
namespace {

/// Multiplications of a training, up to a common factor. An exponential of the softmax counts
/// as 50.
double work_of(Settings const& settings) {
  ModelSettings const& model = settings.model;
  double const n = 0.5 * (settings.task.points.low + settings.task.points.high);
  double const width = model.width;
  double const of_point =
      (4 + 2 * model.mlp_ratio) * width * width + 2 * n * width + 50 * n * model.heads;
  return as_real(settings.train.steps) * settings.train.tasks_per_step * n * model.layers *
         of_point;
}

}  // namespace

SweepStates::SweepStates(std::vector<SweepRun> const& runs, fs::path folder)
    : runs_(runs), folder_(std::move(folder)), statuses_(runs.size()) {
  for (SweepRun const& run : runs) works_.push_back(run.is_training ? work_of(run.settings) : 0);
}

RunStatus SweepStates::status_of(SweepRun const& run) const {
  fs::path const folder = folder_ / run.id;
  std::int64_t const n_evaluations = std::ssize(run.evaluations);
  std::int64_t const n_done = std::count_if(
      run.evaluations.begin(), run.evaluations.end(),
      [&](SweepEvaluation const& e) { return evaluation_of_file(folder_ / e.file) == e.identity; });
  RunStatus status;
  if (run.is_training) {
    status = status_of_run(folder, run.settings);
    status.evaluations_total += n_evaluations;
  }
  status.evaluations_done += n_done;
  bool const are_all = n_done == n_evaluations;
  if (!run.is_training && are_all) status.state = RunState::finished;
  if (status.state == RunState::finished && !are_all) status.state = RunState::unfinished;
  look_for_others(folder, status);
  return status;
}

void SweepStates::refresh() {
  for (std::size_t run = 0; run < runs_.size(); ++run) look_at(run);
}

RunStatus const& SweepStates::look_at(std::size_t run) {
  if (statuses_[run].state != RunState::finished) statuses_[run] = status_of(runs_[run]);
  return statuses_[run];
}

StateCounts SweepStates::counts() const {
  StateCounts counts;
  for (RunStatus const& status : statuses_) counts.add(status.state);
  return counts;
}

namespace {

/// The share of a run that so many steps are.
double share_of(RunStatus const& status, std::int64_t steps) {
  if (status.state == RunState::finished) return 1;
  return status.steps_total == 0 ? 0 : ratio(steps, status.steps_total);
}

}  // namespace

double SweepStates::seconds_left() const {
  double seconds = 0, work_timed = 0, work_left = 0;
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    RunStatus const& status = statuses_[run];
    seconds += status.training_seconds;
    work_timed += share_of(status, status.steps_timed) * works_[run];
    work_left += (1 - share_of(status, status.steps_done)) * works_[run];
  }
  if (work_timed == 0) return std::nan("");
  return work_left / work_timed * seconds /
         std::max(1.0, as_real(counts().count(RunState::running)));
}

std::string SweepStates::progress_text() const {
  StateCounts const counts = this->counts();
  double const left = seconds_left();
  bool const is_told = !counts.are_all_finished() && !std::isnan(left);
  return fmt::format("{} of {} runs finished, {} running, {} failed{}",
                     counts.count(RunState::finished), counts.n_runs(),
                     counts.count(RunState::running), counts.count(RunState::failed),
                     is_told ? fmt::format(", {} left", duration_text(left)) : "");
}

std::int64_t StateCounts::count(RunState state) const {
  auto const found = counts_.find(state);
  return found == counts_.end() ? 0 : found->second;
}

std::int64_t StateCounts::n_runs() const {
  std::int64_t n = 0;
  for (auto const& [state, count] : counts_) n += count;
  return n;
}

std::string StateCounts::text() const {
  std::vector<std::string> texts;
  for (RunState const state : {RunState::finished, RunState::running, RunState::unfinished,
                               RunState::failed, RunState::missing})
    texts.push_back(fmt::format("{} {}", count(state), name_of(state)));
  return fmt::format("{}: {}", count_text(n_runs(), "run"), joined(texts));
}

}  // namespace tvem
