#include "framework/train/loop.hpp"

#include <chrono>

#include "framework/train/evaluation/evaluation.hpp"

namespace tvem {
namespace {

bool is_due(std::int64_t step, std::int64_t period) { return period > 0 && step % period == 0; }

enum class CurvePoint { not_due, added, interrupted };

/// Adds the point of the learning curve that belongs to the present step, unless it is there. When
/// a rank wants to stop, the point is interrupted; it is made when the training goes on.
CurvePoint complete_curve(Trainer& trainer, TrainingObserver& observer) {
  std::int64_t const period = trainer.settings().train.evaluate_every;
  std::int64_t const step = trainer.state().step;
  auto& curve = trainer.state().learning_curve;
  bool const is_wanted = is_due(step, period) || (period > 0 && trainer.is_finished());
  if (!is_wanted || (!curve.empty() && curve.back().step == step)) return CurvePoint::not_due;
  auto const record = evaluate_curve_point(trainer.settings(), trainer.comm(), trainer.model(),
                                           step, [&] { return observer.votes().stop; });
  if (!record) return CurvePoint::interrupted;
  curve.push_back(*record);
  observer.on_curve_point(*record);
  return CurvePoint::added;
}

/// Drops the point that a shorter training has made at its end: the longer training that goes on
/// from it has none there.
void drop_point_between_periods(Trainer& trainer) {
  std::int64_t const period = trainer.settings().train.evaluate_every;
  auto& curve = trainer.state().learning_curve;
  bool const is_at_step = !curve.empty() && curve.back().step == trainer.state().step;
  if (is_at_step && period > 0 && !is_due(curve.back().step, period) && !trainer.is_finished())
    curve.pop_back();
}

using Clock = std::chrono::steady_clock;

/// Collective. Hands the state to the observer, with the time since `start`, which becomes now.
void keep(Trainer& trainer, TrainingObserver& observer, Clock::time_point& start) {
  auto const now = Clock::now();
  trainer.state().training_seconds += std::chrono::duration<double>(now - start).count();
  start = now;
  trainer.check_ranks_agree();
  observer.on_checkpoint(trainer.state());
}

}  // namespace

TrainingEnd run_training(Trainer& trainer, TrainingObserver& observer) {
  TrainSettings const& train = trainer.settings().train;
  trainer.check_ranks_agree();
  drop_point_between_periods(trainer);
  Votes passed;
  bool is_kept = train.steps > 0;  // what has been done; without a training, the model as it begins
  for (auto start = Clock::now();;) {
    bool const is_last = trainer.is_finished();
    CurvePoint const point = complete_curve(trainer, observer);
    if (is_last && point == CurvePoint::added) is_kept = false;
    bool const is_stopping = point == CurvePoint::interrupted || (passed.stop && !is_last);
    bool const is_checkpoint_due = is_due(trainer.state().step, train.checkpoint_every) ||
                                   is_last || is_stopping || passed.checkpoint;
    if (is_checkpoint_due && !is_kept) {
      keep(trainer, observer, start);
      is_kept = true;
    }
    if (is_stopping) return TrainingEnd::stopped;
    if (is_last) return TrainingEnd::finished;
    observer.on_step(trainer.train_step(observer.votes()));
    passed = trainer.passed_votes();
    is_kept = false;
  }
}

}  // namespace tvem
