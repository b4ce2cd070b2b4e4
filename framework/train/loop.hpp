#pragma once

#include "framework/train/trainer.hpp"

namespace tvem {

/// What the outside world learns of a training, on every rank; files and terminal are behind it.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  /// What this rank votes for, asked before every step and between tasks of a learning-curve point.
  virtual Votes votes() { return {}; }
  virtual void on_step(StepRecord const& record) = 0;
  virtual void on_curve_point(CurveRecord const& record) = 0;
  /// The state to keep: a training that goes on from it ends in the same bits.
  virtual void on_checkpoint(TrainingState const& state) = 0;
};

enum class TrainingEnd { finished, stopped };

/// Collective. Trains until train.steps are done, or until a rank has voted to stop, with a point
/// of the learning curve every train.evaluate_every steps (and at step 0 and the end) and a
/// checkpoint every train.checkpoint_every, when a rank has voted for one, and at the end; a vote
/// to stop has effect at the end of a step, or amid a point of the curve, which is then made when
/// the training goes on. A period
/// of 0 means: only at the end, and for the curve never.
TrainingEnd run_training(Trainer& trainer, TrainingObserver& observer);

}  // namespace tvem
