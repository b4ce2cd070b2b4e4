#pragma once

#include "framework/train/trainer.hpp"

namespace tvem {

/// What a training tells the outside world, on every rank. Files and terminal are behind it.
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

/// Collective. Trains until train.steps are done, or until a rank has voted to stop. Makes a point
/// of the learning curve every train.evaluate_every steps, at step 0 and at the end. Makes a
/// checkpoint every train.checkpoint_every steps, when a rank has voted for one, and at the end. A
/// vote to stop has effect at the end of a step, or amid a point of the curve; the point is then
/// made when the training goes on. A period of 0 means: only at the end; for the curve: never.
TrainingEnd run_training(Trainer& trainer, TrainingObserver& observer);

}  // namespace tvem
