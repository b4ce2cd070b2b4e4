#include "experiments/run/job.hpp"

#include <algorithm>
#include <chrono>

#include "experiments/report/comparison.hpp"
#include "experiments/report/formatting.hpp"
#include "experiments/report/output.hpp"
#include "experiments/report/progress.hpp"
#include "experiments/run/evaluation/kept_evaluation.hpp"
#include "experiments/run/external/external_answers.hpp"
#include "experiments/run/folder.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "experiments/settings/problems.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/train/evaluation/evaluation.hpp"
#include "framework/train/loop.hpp"

namespace tvem {
namespace {

/// The state to start from: the checkpoint's, or the initial one.
TrainingState starting_state(Settings const& settings, RunFolder const& folder) {
  return folder.stored_state() ? *folder.stored_state() : initial_state(settings);
}

class RunObserver : public TrainingObserver {
 public:
  RunObserver(RunFolder& folder, bool is_shown, Communicator const& comm,
              TrainSettings const& train, std::int64_t done_before, WorkHooks const& hooks)
      : folder_(folder),
        comm_(comm),
        train_(train),
        progress_("training", is_shown, done_before),
        hooks_(hooks) {}

  Votes votes() override {
    std::chrono::duration<double, std::ratio<60>> const since =
        std::chrono::steady_clock::now() - last_checkpoint_;
    bool const is_due = train_.checkpoint_minutes > 0 && since.count() >= train_.checkpoint_minutes;
    return {.stop = hooks_.wants_stop && hooks_.wants_stop(),
            .checkpoint = comm_.is_root() && is_due};
  }
  void on_step(StepRecord const& record) override {
    if (hooks_.on_steps && comm_.is_root()) hooks_.on_steps(record.step + 1);
    if (hooks_.on_alive && comm_.is_root()) hooks_.on_alive();
    if (is_skipped(record)) return;
    n_averaged_ = std::min(n_averaged_ + 1, 50);
    error_average_ += (record.error_mean - error_average_) / n_averaged_;
    progress_.show(record.step + 1, train_.steps,
                   fmt::format("loss {:.4f}  error {:.4f}  rate {:.2e}", record.loss_mean,
                               error_average_, record.rate));
  }
  void on_curve_point(CurveRecord const&) override {}
  void on_checkpoint(TrainingState const& state) override {
    folder_.write_checkpoint(state);
    last_checkpoint_ = std::chrono::steady_clock::now();
  }

 private:
  RunFolder& folder_;
  Communicator comm_;
  TrainSettings train_;
  Progress progress_;
  WorkHooks const& hooks_;
  std::chrono::steady_clock::time_point last_checkpoint_ = std::chrono::steady_clock::now();
  double error_average_ = 0;  // over about the last 50 steps
  int n_averaged_ = 0;
};

void announce(Communicator const& comm, Settings const& settings, RunFolder const& folder,
              Trainer& trainer) {
  std::int64_t const n_chunks =
      chunks_of_step(settings.train.tasks_per_step, trainer.state().chunk);
  TrainingState const& state = trainer.state();
  std::string text = fmt::format(
      "run {} in {}: {} parameters, {}, {}\n", run_id(settings), folder.path(),
      state.parameters.size(), count_text(comm.size(), "rank"), name_of(instruction_set_in_use()));
  if (state.step > 0)
    text += fmt::format("going on from step {}\n{}", state.step,
                        other_build_note(folder.record().header.provenance));
  if (comm.size() > n_chunks)
    text += fmt::format(
        "note: a step has {} chunks of {} tasks, so {} ranks are idle in training; lower "
        "parallel.chunk or the number of ranks\n",
        n_chunks, state.chunk, comm.size() - n_chunks);
  auto notes = unused_keys(settings);
  append_if_any(notes, size_note(settings));
  say(comm, text);
  say_each(comm, "note", notes);
}

/// Collective. Keeps the state from which the steps come again that were not finite; what to say of
/// that.
std::string kept_for_repeating(Trainer& trainer, RunFolder& folder) {
  try {
    auto const kept = folder.write_diverged(before_skipped(trainer.state()));
    return fmt::format("; tvem run with --out {} repeats these steps", kept);
  } catch (Error const& error) {
    return fmt::format("; the state before could not be kept: {}", error.what());
  }
}

void train(Trainer& trainer, RunFolder& folder, bool is_shown, WorkHooks const& hooks) {
  TrainSettings const& settings = trainer.settings().train;
  TrainingEnd end{};
  try {
    RunObserver observer(folder, is_shown, trainer.comm(), settings, trainer.state().step, hooks);
    end = run_training(trainer, observer);
  } catch (TrainingDiverged const& error) {
    throw TrainingDiverged(error.what() + kept_for_repeating(trainer, folder));
  }
  folder.catch_up(trainer.state());
  // A launcher may end all ranks when the first one leaves: not before rank 0 has written.
  trainer.comm().barrier();
  if (end == TrainingEnd::stopped)
    throw StoppedOnRequest(
        fmt::format("stopped on request after step {} of {}; what is done is kept",
                    trainer.state().step, settings.steps));
}

/// Collective. Evaluates all estimators, and says what came out.
void evaluate(Trainer& trainer, RunFolder& folder, Voice voice, WorkHooks const& hooks) {
  Settings const& settings = trainer.settings();
  ExternalAnswers const programs(trainer.comm(), settings, folder.run_file(), {}, voice, hooks);
  KeptEvaluation kept(trainer.comm(), folder.run_file(),
                      programs.identity_of_rows(evaluation_identity(settings)), settings);
  EvaluationInput const input{
      .model = EvaluatedModel{settings, trainer.model()}, .tasks = {}, .external = programs.fit()};
  kept.evaluate(input, folder.record().header, voice, hooks);
  if (!trainer.comm().is_root()) return;
  EvaluationSummary summary;
  folder.write_evaluation(trainer.state(), kept.header(), kept.source(summary));
  kept.remove();
  if (voice == Voice::silent) return;
  say(trainer.comm(), fmt::format("\n{}{}", title_of(folder.record()),
                                  evaluation_text(summary, folder.record().header)));
}

/// Refuses to begin when ranks have read other settings, by a file system that is behind.
void check_same_settings(Communicator const& comm, Settings const& settings) {
  if (!is_same_on_all_ranks(comm, configuration_text(settings)))
    throw Error("the ranks have not read the same configuration; start again");
}

struct Stage {
  bool has_model;  // the checkpoint at the end of the training
  bool is_whole;   // the model is not lost
  bool is_done;    // both training and evaluation, as far as they are wanted
};

Stage stage_of(RunFolder const& folder, Settings const& settings, Need need) {
  auto const& state = folder.stored_state();
  bool const has_model = state && state->step == settings.train.steps;
  bool const is_whole = !folder.is_model_lost();
  bool const has_results = folder.is_trained() && folder.is_evaluated() && is_whole;
  if (folder.is_trained() && !state && is_whole && !(has_results && need == Need::results))
    throw ConfigurationError(fmt::format(
        "{} holds the results of a finished training, but no checkpoint to evaluate anew; choose "
        "another --out, or remove its run.h5 to train again",
        folder.path()));
  return {.has_model = has_model,
          .is_whole = is_whole,
          .is_done = has_results && (need == Need::results || has_model)};
}

void note_skipped_steps(Communicator const& comm, TrainingState const& state) {
  auto const n_skipped = std::count_if(state.steps.begin(), state.steps.end(), is_skipped);
  if (n_skipped > 0)
    say(comm,
        fmt::format("note: {} of {} training steps were skipped, since their loss or gradient "
                    "was not finite\n",
                    n_skipped, state.step));
}

/// A gradient that is clipped most of the time has the length that train.clip says, not its own.
void note_clipped_steps(Communicator const& comm, TrainingState const& state, double limit) {
  auto const n = n_clipped(state.steps, limit);
  if (2 * n > state.step)
    say(comm,
        fmt::format("note: train.clip = {:g} has clipped the gradient in {} of {} training steps\n",
                    limit, n, state.step));
}

}  // namespace

bool run_job(Settings const& settings, fs::path const& path, Communicator const& comm,
             std::string const& command_line, Voice voice, WorkHooks const& hooks, Need need) {
  bool const is_shown = voice == Voice::aloud && comm.is_root();
  check_same_settings(comm, settings);
  RunFolder folder(path, settings, comm, hooks.may_replace);
  say_each(comm, "note", folder.notices());
  Stage const stage = stage_of(folder, settings, need);
  // A start that was killed right after run.h5 was written has left them.
  if (stage.is_done && comm.is_root())
    EvaluationBlocks::remove(folder.run_file(), evaluation_identity(settings));
  if (stage.is_done) return false;
  Trainer trainer(settings, comm, starting_state(settings, folder));
  if (trainer.is_finished() && folder.is_evaluated() && stage.is_whole) return false;
  if (!trainer.is_finished()) check_disk(comm, settings, folder.run_file());
  if (is_shown) announce(comm, settings, folder, trainer);
  folder.start(trainer.model().layout(), trainer.state(), command_line);
  train(trainer, folder, is_shown, hooks);
  if (stage.has_model && !stage.is_whole) folder.write_checkpoint(trainer.state());
  note_skipped_steps(comm, trainer.state());
  note_clipped_steps(comm, trainer.state(), settings.train.clip);
  evaluate(trainer, folder, voice, hooks);
  return true;
}

}  // namespace tvem
