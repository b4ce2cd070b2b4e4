#include "framework/train/loop.hpp"

#include <gtest/gtest.h>

#include "tests/support/training.hpp"
#include "tests/support/world.hpp"

namespace tvem {
namespace {

/// Votes to stop before a step, and counts checkpoints.
class Stopper : public TrainingObserver {
 public:
  explicit Stopper(std::int64_t step) : step_(step) {}
  Votes votes() override { return {.stop = n_steps_ == step_ && test_world().is_root()}; }
  void on_step(StepRecord const&) override { ++n_steps_; }
  void on_curve_point(CurveRecord const&) override {}
  void on_checkpoint(TrainingState const& state) override { last_ = state; }
  TrainingState last_;

 private:
  std::int64_t step_, n_steps_ = 0;
};

/// Twelve steps with a point of the curve after 0, 5, 10 and 12, and a checkpoint at the end.
Settings short_settings() {
  Settings settings = ragged_settings();
  settings.train.steps = 12;
  settings.train.checkpoint_every = 0;
  settings.train.evaluate_every = 5;
  settings.train.evaluate_tasks = settings.eval.tasks = 8;
  return settings;
}

TEST(RunTraining, StopAskedFor_CheckpointThenTheSameBits) {
  Settings const settings = short_settings();
  Stopper never(-1), at_seven(6);
  Trainer whole(settings, test_world(), first_state(settings));
  EXPECT_EQ(run_training(whole, never), TrainingEnd::finished);
  Trainer first(settings, test_world(), first_state(settings));
  EXPECT_EQ(run_training(first, at_seven), TrainingEnd::stopped);
  EXPECT_EQ(at_seven.last_.step, 7);
  Trainer second(settings, Communicator::serial(), at_seven.last_);
  EXPECT_EQ(run_training(second, never), TrainingEnd::finished);
  expect_same_state(second.state(), whole.state());
  EXPECT_EQ(second.state().learning_curve.size(), whole.state().learning_curve.size());
}

TEST(RunTraining, StopAskedForAmidAPointOfTheCurve_PointIsMadeWhenItGoesOn) {
  Settings const settings = short_settings();
  Stopper never(-1);
  Trainer whole(settings, test_world(), first_state(settings));
  run_training(whole, never);
  for (std::int64_t const step : {0, 5, 12}) {  // the start, amid the training, the end
    Stopper at_point(step);
    Trainer first(settings, test_world(), first_state(settings));
    EXPECT_EQ(run_training(first, at_point), TrainingEnd::stopped);
    EXPECT_EQ(at_point.last_.step, step);
    EXPECT_EQ(first.state().learning_curve.size(), static_cast<std::size_t>((step + 4) / 5));
    Stopper after(-1);
    Trainer second(settings, Communicator::serial(),
                   step == 0 ? first_state(settings) : at_point.last_);
    EXPECT_EQ(run_training(second, after), TrainingEnd::finished);
    expect_same_state(second.state(), whole.state());
    EXPECT_EQ(after.last_.learning_curve.size(), whole.state().learning_curve.size());
  }
}

class CountingObserver : public TrainingObserver {
 public:
  void on_step(StepRecord const&) override { ++n_steps; }
  void on_curve_point(CurveRecord const& record) override { curve_steps.push_back(record.step); }
  void on_checkpoint(TrainingState const& state) override {
    checkpoint_steps.push_back(state.step);
  }
  int n_steps = 0;
  std::vector<std::int64_t> curve_steps, checkpoint_steps;
};

TEST(RunTraining, Periods_CurveAndCheckpointsWhereTheyAreDue) {
  Settings settings = ragged_settings();
  settings.train.steps = 7;
  settings.train.evaluate_every = 3;
  settings.train.evaluate_tasks = 5;
  settings.train.checkpoint_every = 5;
  Trainer trainer(settings, test_world(), first_state(settings));
  CountingObserver observer;
  run_training(trainer, observer);
  EXPECT_EQ(observer.n_steps, 7);
  EXPECT_EQ(observer.curve_steps, (std::vector<std::int64_t>{0, 3, 6, 7}));
  EXPECT_EQ(observer.checkpoint_steps, (std::vector<std::int64_t>{5, 7}));
}

TEST(RunTraining, NoSteps_TheModelAsItBegins) {
  Settings settings = ragged_settings();
  settings.train.steps = 0;
  Trainer trainer(settings, test_world(), first_state(settings));
  CountingObserver observer;
  run_training(trainer, observer);
  EXPECT_EQ(observer.n_steps, 0);
  EXPECT_EQ(observer.checkpoint_steps, std::vector<std::int64_t>{0});
  EXPECT_EQ(trainer.state().parameters, first_state(settings).parameters);
}

TEST(RunTraining, ShorterTrainingGoesOn_CurveOfTheLongerOne) {
  Settings settings = ragged_settings();
  settings.train.schedule = ScheduleKind::constant;
  settings.train.evaluate_every = 3;
  settings.train.evaluate_tasks = 5;
  settings.train.steps = 7;
  CountingObserver observer;
  Trainer shorter(settings, test_world(), first_state(settings));
  run_training(shorter, observer);
  settings.train.steps = 10;
  Trainer longer(settings, test_world(), shorter.state());
  run_training(longer, observer);
  std::vector<std::int64_t> steps;
  for (CurveRecord const& record : longer.state().learning_curve) steps.push_back(record.step);
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 3, 6, 9, 10}));  // without the end of the first
}

TEST(RunTraining, DefaultTaskPrior_LossFalls) {
  Settings settings;
  settings.model.layers = 2;
  settings.model.width = 16;
  settings.train.steps = 60;
  settings.train.tasks_per_step = 16;
  settings.train.warmup = 10;
  auto const state = trained(settings, test_world(), 60, first_state(settings));
  double first = 0, last = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    first += state.steps[i].loss_mean / 10;
    last += state.steps[50 + i].loss_mean / 10;
  }
  EXPECT_LT(last, 0.75 * first);
}

}  // namespace
}  // namespace tvem
