#include "tvem/train/loop.hpp"

#include <chrono>

#include "tvem/train/evaluation.hpp"

namespace tvem {
namespace {

bool is_due(std::int64_t step, std::int64_t period) { return period > 0 && step % period == 0; }

void add_curve_point(Trainer& trainer, TrainingObserver& observer) {
  CurveRecord const record = evaluate_curve_point(trainer.settings(), trainer.comm(),
                                                  trainer.model(), trainer.state().step);
  trainer.state().learning_curve.push_back(record);
  observer.on_curve_point(record);
}

}  // namespace

TrainingEnd run_training(Trainer& trainer, TrainingObserver& observer) {
  TrainSettings const& train = trainer.settings().train;
  TrainingState& state = trainer.state();
  trainer.check_ranks_agree();
  if (state.step == 0 && state.learning_curve.empty() && train.evaluate_every > 0)
    add_curve_point(trainer, observer);
  auto start = std::chrono::steady_clock::now();
  while (!trainer.is_finished()) {
    observer.on_step(trainer.train_step(observer.votes()));
    Votes const passed = trainer.passed_votes();
    bool const is_last = trainer.is_finished();
    if (is_due(state.step, train.evaluate_every) || (is_last && train.evaluate_every > 0))
      add_curve_point(trainer, observer);
    if (is_due(state.step, train.checkpoint_every) || is_last || passed.stop || passed.checkpoint) {
      auto const now = std::chrono::steady_clock::now();
      state.training_seconds += std::chrono::duration<double>(now - start).count();
      start = now;
      trainer.check_ranks_agree();
      observer.on_checkpoint(state);
    }
    if (passed.stop && !is_last) return TrainingEnd::stopped;
  }
  return TrainingEnd::finished;
}

}  // namespace tvem
