#include "experiments/run/folder.hpp"

#include <algorithm>
#include <utility>

#include "experiments/report/ranks.hpp"
#include "experiments/run/claim/claim.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/run/trained_model.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/train/state_digest.hpp"
#include "io/durable/as_input.hpp"
#include "io/durable/durable.hpp"
#include "io/durable/our_file.hpp"

namespace tvem {
namespace {

void check_same_training(FileHeader const& header, Settings const& asked, fs::path const& path) {
  auto problems = training_differences(stored_settings(header, path), asked);
  if (problems.empty()) return;
  problems.insert(
      problems.begin(),
      fmt::format("{} holds another training ({}); choose another --out, or the settings "
                  "that it has:",
                  path, header.run_id));
  throw ConfigurationError(std::move(problems));
}

/// The run.h5 of a folder, if there is one. For a damaged file, `damage` says what happens to it.
/// Throws ConfigurationError when the file is not of tvem run.
std::optional<RunRecord> read_stored_run(fs::path const& file, std::string& damage) {
  if (!fs::exists(fs::symlink_status(file))) return std::nullopt;
  try {
    return read_run_file(file);
  } catch (Error const& error) {
    if (!is_damaged(file))
      throw ConfigurationError(
          fmt::format("{}; choose another --out, or move this file away", error.what()));
    damage = fmt::format("{}; it is kept as {}, and written anew", error.what(),
                         name_to_keep(file).filename());
    return std::nullopt;
  }
}

/// Steps that run.h5 may lack during a training. It holds all steps: writing it at every checkpoint
/// of a long training would take ever longer.
std::int64_t most_steps_behind(std::int64_t n_steps) {
  constexpr std::int64_t few = 1 << 16;
  return n_steps < few ? 1 : n_steps / 8;
}

}  // namespace

void check_same_training(fs::path const& folder, Settings const& asked) {
  std::string ignored;
  auto const stored = read_stored_run(folder / "run.h5", ignored);
  if (stored) check_same_training(stored->header, asked, folder);
}

RunFolder::RunFolder(fs::path path, Settings const& settings, Communicator const& comm,
                     MayReplace may_replace)
    : path_(std::move(path)),
      checkpoints_(path_),
      settings_(settings),
      comm_(comm),
      may_replace_(std::move(may_replace)) {
  on_root(comm_, [&] { read_run_file_of_folder(); });
  is_trained_ = is_on_any_rank(comm_, is_trained_);
  is_evaluated_ = is_on_any_rank(comm_, is_evaluated_);
  // Every rank reads the same file, so that nobody has to send the state.
  std::optional<FoundCheckpoint> found;
  on_every_rank(comm_, [&] { found = find_checkpoint(); });
  if (found) {
    adopt(std::move(*found));
  } else if (steps_in_run_file_ > 0 && !(is_trained_ && is_evaluated_)) {
    notices_.push_back(fmt::format("{} is after {} steps, but there is no checkpoint to go on from",
                                   run_file(), steps_in_run_file_));
  }
  if (!is_same_on_all_ranks(comm_, stored_state_ ? digest_of(*stored_state_) : ""))
    throw Error(fmt::format(
        "the ranks see different checkpoints in {}; it must be a folder that all nodes share",
        path_));
}

void RunFolder::adopt(FoundCheckpoint found) {
  append_if_any(notices_, found.notice);
  is_last_damaged_ = !found.notice.empty();
  note_other_curve(found);
  stored_state_ = std::move(found.checkpoint.state);
  is_model_lost_ = is_trained_ && (is_last_damaged_ || stored_state_->step < settings_.train.steps);
  if (record_.header.created_utc.empty()) record_.header = std::move(found.checkpoint.header);
}

/// The last good checkpoint. When all are damaged, a finished training begins anew.
std::optional<FoundCheckpoint> RunFolder::find_checkpoint() {
  std::optional<FoundCheckpoint> found;
  try {
    found = as_input([&] { return read_checkpoint(path_, check_is_of_its_model); });
  } catch (ConfigurationError const& error) {
    if (!is_trained_)
      throw ConfigurationError(
          fmt::format("{}: move its checkpoint files away to train from the start", error.what()));
    notices_.push_back(fmt::format("{}; the training begins anew", error.what()));
    is_last_damaged_ = is_model_lost_ = true;
  }
  if (found) check_same_training(found->checkpoint.header, settings_, path_);
  return found;
}

/// Notes when later points of the learning curve will be on other tasks than the earlier ones.
void RunFolder::note_other_curve(FoundCheckpoint const& found) {
  Settings const stored = stored_settings(found.checkpoint.header, path_);
  auto const tasks_of = [](Settings const& settings) {
    return std::pair(settings.eval.seed, settings.train.evaluate_tasks);
  };
  TrainingState const& state = found.checkpoint.state;
  if (state.learning_curve.empty() || state.step >= settings_.train.steps ||
      tasks_of(stored) == tasks_of(settings_))
    return;
  notices_.push_back(
      fmt::format("the learning curve until step {} is on other tasks than what follows "
                  "(eval.seed, train.evaluate_tasks)",
                  state.step));
}

/// Reads provenance and evaluation of earlier starts. A damaged run.h5 is written anew: the
/// checkpoint holds all that a training needs.
void RunFolder::read_run_file_of_folder() {
  std::string damage;
  auto stored = read_stored_run(run_file(), damage);
  append_if_any(notices_, damage);
  is_run_file_damaged_ = !damage.empty();
  if (!stored) return;
  check_same_training(stored->header, settings_, path_);
  record_.header = stored->header;
  is_trained_ = stored->steps_done == settings_.train.steps;
  steps_in_run_file_ = stored->steps_done;
  steps_evaluated_ = stored->evaluation ? stored->steps_done : -1;
  is_evaluated_ =
      stored->evaluation && stored->evaluation_identity == evaluation_identity(settings_);
  if (is_evaluated_) record_.evaluation = std::move(stored->evaluation);
}

void RunFolder::start(ParameterLayout const& layout, TrainingState const& state,
                      std::string const& command_line) {
  layout_ = layout;
  on_root(comm_, [&] {
    make_writable_folder(path_);
    FileHeader& header = record_.header;
    if (header.created_utc.empty()) header.created_utc = now_utc();
    header.run_id = run_id(settings_);
    header.config_text = configuration_text(settings_);
    header.provenance.push_back(this_start(comm_.size(), command_line));
    if (state.step < settings_.train.steps) {
      record_.evaluation.reset();
      write_run(state);
    }
  });
}

Checkpoint RunFolder::checkpoint_of(TrainingState const& state) const {
  return {.header = record_.header,
          .training_identity = training_identity(settings_),
          .layout = layout_,
          .state = state};
}

void RunFolder::write_checkpoint(TrainingState const& state) {
  if (!comm_.is_root()) return;
  if (is_last_damaged_) set_aside("checkpoint.h5", is_last_damaged_);
  checkpoints_.write(checkpoint_of(state), may_replace_);
  if (state.step - steps_in_run_file_ >= most_steps_behind(steps_in_run_file_) ||
      state.step == settings_.train.steps)
    write_run(state);
}

void RunFolder::catch_up(TrainingState const& state) {
  if (comm_.is_root() && steps_in_run_file_ < state.step) write_run(state);
}

/// Renames a damaged file, whose seal may be right: it is not lost, and does not replace the good
/// file before it.
void RunFolder::set_aside(char const* name, bool& is_damaged) {
  if (may_replace_) may_replace_();
  if (fs::exists(path_ / name)) keep_aside(path_ / name);
  is_damaged = false;
}

fs::path RunFolder::write_diverged(TrainingState const& state) {
  fs::path const folder = path_ / "diverged";
  on_root(comm_, [&] {
    auto const claim = RunClaim::take(claim_file(folder));
    if (!claim || has_gone_on(folder, state)) return;
    remove_left_over_writes(folder);
    tvem::write_checkpoint(folder, checkpoint_of(state), may_replace_);
  });
  return folder;
}

/// Whether the folder has a checkpoint of this training at this step or a later one.
bool RunFolder::has_gone_on(fs::path const& folder, TrainingState const& state) const {
  try {
    auto const found = read_checkpoint(folder);
    return found && found->checkpoint.training_identity == training_identity(settings_) &&
           found->checkpoint.state.step >= state.step;
  } catch (Error const&) {
    return false;  // there are only damaged ones
  }
}

void RunFolder::write_evaluation(TrainingState const& state, FileHeader header,
                                 EvaluationSource const& evaluation) {
  record_.header = std::move(header);
  record_.evaluation.reset();
  write_run(state, evaluation);
}

void RunFolder::write_run(TrainingState const& state, std::optional<EvaluationSource> evaluation) {
  bool const is_evaluated = evaluation || record_.evaluation;
  // An evaluated file stays until there are more steps or another evaluation.
  if (!is_evaluated && state.step <= steps_evaluated_) return;
  if (is_run_file_damaged_) set_aside("run.h5", is_run_file_damaged_);
  steps_evaluated_ = -1;
  record_.training_identity = training_identity(settings_);
  record_.evaluation_identity = is_evaluated ? evaluation_identity(settings_) : "";
  record_.steps_total = settings_.train.steps;
  record_.steps_done = steps_in_run_file_ = state.step;
  record_.chunk = state.chunk;
  record_.training_seconds = state.training_seconds;
  record_.steps = state.steps;
  record_.steps_clipped = n_clipped(state.steps, settings_.train.clip);
  record_.learning_curve = state.learning_curve;
  write_run_file(run_file(), record_, may_replace_, std::move(evaluation));
}

}  // namespace tvem
