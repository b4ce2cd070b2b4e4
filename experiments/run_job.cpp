#include "run_job.hpp"

#include <algorithm>
#include <cstdio>

#include "command_line.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run_folder.hpp"
#include "tvem/io/identity.hpp"
#include "tvem/train/evaluation.hpp"
#include "tvem/train/loop.hpp"
#include "unused_keys.hpp"

namespace tvem {
namespace {

/// The state to start from: the checkpoint's, or the initial one. Collective.
TrainingState starting_state(Settings const& settings, RunFolder const& folder,
                             Communicator const& comm) {
  InstructionSet const common = common_instruction_set(comm);
  if (!folder.stored_state()) return initial_state(settings, common);
  TrainingState state = *folder.stored_state();
  if (state.instruction_set > common) {
    say(comm, "note: the run was computed with " + std::string(name_of(state.instruction_set)) +
                  " instructions, which not all ranks have; with " + std::string(name_of(common)) +
                  " it goes on, but its bits will differ from an uninterrupted run\n");
    state.instruction_set = common;
  }
  return state;
}

/// Shows the training and keeps its checkpoints.
class RunObserver : public TrainingObserver {
 public:
  RunObserver(RunFolder& folder, bool is_shown, TrainSettings const& train,
              std::int64_t done_before, std::function<void()> const& on_alive)
      : folder_(folder),
        train_(train),
        progress_("training", is_shown, done_before),
        on_alive_(on_alive) {}

  void on_step(StepRecord const& record) override {
    if (on_alive_) on_alive_();
    n_averaged_ = std::min(n_averaged_ + 1, 50);
    error_average_ += (record.error_mean - error_average_) / n_averaged_;
    char text[96];
    std::snprintf(text, sizeof text, "loss %.4f  error %.4f  rate %.2e", record.loss_mean,
                  error_average_, record.rate);
    progress_.show(record.step + 1, train_.steps, text);
  }
  void on_curve_point(CurveRecord const&) override {}
  void on_checkpoint(TrainingState const& state) override { folder_.write_checkpoint(state); }

 private:
  RunFolder& folder_;
  TrainSettings train_;
  Progress progress_;
  std::function<void()> const& on_alive_;
  double error_average_ = 0;  // over about the last 50 steps
  int n_averaged_ = 0;
};

void announce(Communicator const& comm, Settings const& settings, RunFolder const& folder,
              Trainer& trainer) {
  std::int64_t const n_chunks =
      chunks_of_step(settings.train.tasks_per_step, trainer.state().chunk);
  std::string text = "run " + run_id(settings) + " in " + folder.path().string() + ": " +
                     std::to_string(trainer.state().parameters.size()) + " parameters, " +
                     std::to_string(comm.size()) + (comm.size() == 1 ? " rank" : " ranks") + ", " +
                     std::string(name_of(trainer.state().instruction_set)) + "\n";
  if (trainer.state().step > 0)
    text += "going on from step " + std::to_string(trainer.state().step) + "\n";
  if (comm.size() > n_chunks)
    text += "note: a step has " + std::to_string(n_chunks) + " chunks of " +
            std::to_string(trainer.state().chunk) + " tasks, so " +
            std::to_string(comm.size() - n_chunks) +
            " ranks are idle in training; lower parallel.chunk or the number of ranks\n";
  for (auto const& note : unused_keys(settings)) text += "note: " + note + "\n";
  say(comm, text);
}

/// Collective. Trains to the end and keeps checkpoints.
void train(Trainer& trainer, RunFolder& folder, bool is_shown,
           std::function<void()> const& on_alive) {
  RunObserver observer(folder, is_shown, trainer.settings().train, trainer.state().step, on_alive);
  run_training(trainer, observer);
}

/// Collective. Evaluates all estimators.
void evaluate(Trainer& trainer, RunFolder& folder, bool is_shown,
              std::function<void()> const& on_alive) {
  Progress progress("evaluation, tasks of rank 0:", is_shown);
  Evaluation table =
      evaluate(trainer.settings(), trainer.comm(), trainer.model(), trainer.state().instruction_set,
               [&](std::int64_t done, std::int64_t total) {
                 progress.show(done, total, "");
                 if (on_alive) on_alive();
               });
  folder.write_evaluation(trainer.state(), std::move(table));
}

}  // namespace

bool run_job(Settings const& settings, std::filesystem::path const& path, Communicator const& comm,
             std::string const& command_line, Voice voice, std::function<void()> const& on_alive) {
  bool const is_shown = voice == Voice::aloud && comm.is_root();
  RunFolder folder(path, settings, comm);
  if (!folder.notice().empty()) say(comm, "note: " + folder.notice() + "\n");
  Trainer trainer(settings, comm, starting_state(settings, folder, comm));
  if (trainer.is_finished() && folder.is_evaluated()) return false;
  if (is_shown) announce(comm, settings, folder, trainer);
  folder.start(trainer.model().layout(), trainer.state(), command_line);
  std::function<void()> const of_root = comm.is_root() ? on_alive : std::function<void()>();
  train(trainer, folder, is_shown, of_root);
  evaluate(trainer, folder, is_shown, of_root);
  if (is_shown) say(comm, "\n" + report_table(folder.record()));
  return true;
}

}  // namespace tvem
