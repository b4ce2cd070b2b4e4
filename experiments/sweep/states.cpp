#include "experiments/sweep/states.hpp"

#include <algorithm>
#include <cmath>

#include <unistd.h>

#include "experiments/report/progress.hpp"
#include "experiments/run/claim.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/trained_model.hpp"
#include "experiments/settings/identity.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/text_file.hpp"
#include "io/evaluation_file.hpp"
#include "io/run_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view sweep_mark = "# Written by tvem sweep.";

/// Multiplications of a training, up to a factor that all trainings share; an exponential of the
/// softmax, with what comes about it, takes about as long as 50.
double work_of(Settings const& settings) {
  ModelSettings const& model = settings.model;
  double const n = 0.5 * (settings.task.points.low + settings.task.points.high);
  double const width = model.width;
  double const of_point =
      (4 + 2 * model.mlp_ratio) * width * width + 2 * n * width + 50 * n * model.heads;
  return static_cast<double>(settings.train.steps) * settings.train.tasks_per_step * n *
         model.layers * of_point;
}

}  // namespace

SweepStates::SweepStates(Sweep const& sweep, std::vector<SweepRun> const& runs, fs::path folder)
    : sweep_(sweep), runs_(runs), folder_(std::move(folder)), statuses_(runs.size()) {
  for (SweepRun const& run : runs)
    works_.push_back(run.is_training ? work_of(sweep.training_of(run.cell)) : 0);
}

RunStatus SweepStates::status_of(SweepRun const& run) const {
  fs::path const folder = folder_ / run.id;
  if (!run.is_training) {
    RunStatus status;
    fs::path const file = folder_ / baseline_file(sweep_, run.cell);
    if (evaluation_of_file(file) == baseline_identity(sweep_, run.cell)) {
      status.evaluations_done = 1;
      status.state = RunState::finished;
    }
    look_for_others(folder, status);
    return status;
  }
  RunStatus status = status_of_run(folder, training_settings(sweep_, run.cell));
  for (std::size_t const cell : run.evaluations) {
    ++status.evaluations_total;
    if (evaluation_of_file(folder_ / model_evaluation_file(sweep_, cell)) ==
        model_evaluation_identity(sweep_, cell))
      ++status.evaluations_done;
  }
  if (status.state == RunState::finished && status.evaluations_done < status.evaluations_total) {
    status.state = RunState::unfinished;
    look_for_others(folder, status);
  }
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

double SweepStates::seconds_left() const {
  double seconds = 0, work_timed = 0, work_left = 0;
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    RunStatus const& status = statuses_[run];
    bool const is_finished = status.state == RunState::finished;
    auto const share = [&](std::int64_t steps) {
      if (is_finished) return 1.0;
      return status.steps_total == 0
                 ? 0.0
                 : static_cast<double>(steps) / static_cast<double>(status.steps_total);
    };
    seconds += status.training_seconds;
    work_timed += share(status.steps_timed) * works_[run];
    work_left += (1 - share(status.steps_done)) * works_[run];
  }
  if (work_timed == 0) return std::nan("");
  auto const n_running = static_cast<double>(counts().count(RunState::running));
  return work_left / work_timed * seconds / std::max(1.0, n_running);
}

std::string SweepStates::progress_text() const {
  StateCounts const counts = this->counts();
  double const left = seconds_left();
  return std::to_string(counts.count(RunState::finished)) + " of " +
         std::to_string(counts.n_runs()) + " runs finished, " +
         std::to_string(counts.count(RunState::running)) + " running, " +
         std::to_string(counts.count(RunState::failed)) + " failed" +
         (counts.are_all_finished() || std::isnan(left) ? ""
                                                        : ", " + duration_text(left) + " left");
}

std::size_t StateCounts::n_runs() const {
  std::size_t n = 0;
  for (std::size_t const count : counts_) n += count;
  return n;
}

std::string StateCounts::text() const {
  std::string text = std::to_string(n_runs()) + (n_runs() == 1 ? " run: " : " runs: ");
  for (std::size_t s = 0; s < counts_.size(); ++s)
    text += (s == 0 ? "" : ", ") + std::to_string(counts_[s]) + " " +
            std::string(enum_names<RunState>[s]);
  return text;
}

std::size_t place_in(std::string const& index, std::size_t n_runs) {
  std::size_t run = 0;
  if (read_number(index, run) && run < n_runs) return run;
  throw ConfigurationError("--index " + index + ": an integer 0.." + std::to_string(n_runs - 1) +
                           "; tvem sweep --list shows them");
}

std::optional<Sweep> stored_sweep(fs::path const& folder) {
  auto const text = text_of_file(sweep_file(folder));
  if (!text || !text->starts_with(sweep_mark)) return std::nullopt;
  std::vector<std::string> problems;
  Sweep sweep = parse_sweep(*text, sweep_file(folder).string(), {}, problems);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return sweep;
}

void store_sweep(fs::path const& folder, Sweep const& sweep) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw ConfigurationError("--out " + folder.string() +
                             ": the folder cannot be made: " + error.message());
  fs::path const file = sweep_file(folder);
  if (fs::exists(fs::symlink_status(file)) &&
      !text_of_file(file).value_or("").starts_with(sweep_mark))
    throw ConfigurationError("--out " + folder.string() + ": " + file.string() +
                             ", where the sweep keeps its configuration, is not of tvem sweep; "
                             "choose another folder");
  if (access(folder.c_str(), W_OK) != 0)
    throw ConfigurationError("--out " + folder.string() + ": the folder is read-only");
  write_text(file, std::string(sweep_mark) + "\n" + sweep_text(sweep));
}

}  // namespace tvem
