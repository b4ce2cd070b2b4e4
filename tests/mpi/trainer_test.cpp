#include "framework/train/trainer.hpp"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "tests/support/training.hpp"
#include "tests/support/world.hpp"

namespace tvem {
namespace {

TEST(Trainer, AnyNumberOfRanks_SameBitsAsOneRank) {
  Settings const settings = ragged_settings();
  auto const together = trained(settings, test_world(), 50, first_state(settings));
  auto const alone = trained(settings, Communicator::serial(), 50, first_state(settings));
  expect_same_state(together, alone);
  EXPECT_FALSE(same_bits(together.parameters, first_state(settings).parameters));
}

TEST(Trainer, EveryOptimizer_SameBitsAsOneRank) {
  for (auto const kind : {OptimizerKind::adamw, OptimizerKind::sgd, OptimizerKind::muon}) {
    Settings settings = ragged_settings();
    settings.train.optimizer = kind;
    settings.train.weight_decay = 0.01;
    expect_same_state(trained(settings, test_world(), 8, first_state(settings)),
                      trained(settings, Communicator::serial(), 8, first_state(settings)));
  }
}

TEST(Trainer, SoftTargets_SameBitsAsOneRank) {
  Settings settings = ragged_settings();
  settings.loss.targets = TargetKind::posterior;
  auto const together = trained(settings, test_world(), 8, first_state(settings));
  expect_same_state(together, trained(settings, Communicator::serial(), 8, first_state(settings)));
  settings.loss.targets = TargetKind::labels;
  auto const hard = trained(settings, test_world(), 8, first_state(settings));
  EXPECT_NE(together.steps[0].loss_mean, hard.steps[0].loss_mean);
}

TEST(Trainer, EveryReadoutAndInput_SameBitsAsOneRank) {
  Settings settings = ragged_settings();
  settings.model.readout = ReadoutKind::parameters;
  settings.input = {.guess = GuessKind::spectral, .auxiliary = true, .standardize = true};
  settings.task.pool = 40;
  settings.model.attention = AttentionKind::relu;
  for (auto const loss : {LossKind::negative_log_likelihood, LossKind::permutation_parameters}) {
    settings.loss.kind = loss;
    expect_same_state(trained(settings, test_world(), 8, first_state(settings)),
                      trained(settings, Communicator::serial(), 8, first_state(settings)));
  }
}

TEST(Trainer, MoreRanksThanChunks_IdleRanksAgree) {
  Settings settings = ragged_settings();
  settings.train.tasks_per_step = 2;
  expect_same_state(trained(settings, test_world(), 5, first_state(settings)),
                    trained(settings, Communicator::serial(), 5, first_state(settings)));
}

TEST(Trainer, ReductionFast_AgreesToRounding) {
  Settings settings = ragged_settings();
  auto const exact = trained(settings, test_world(), 1, first_state(settings));
  settings.parallel.reduction = ReductionKind::fast;
  auto const fast = trained(settings, test_world(), 1, first_state(settings));
  EXPECT_NEAR(fast.steps[0].gradient_norm, exact.steps[0].gradient_norm,
              1e-5 * exact.steps[0].gradient_norm);
  EXPECT_NEAR(fast.steps[0].loss_mean, exact.steps[0].loss_mean, 1e-10);
  EXPECT_EQ(fast.steps[0].quantum_exponent, 0);
}

Quantum first_quantum(Settings const& settings) {
  int const chunk = resolved_chunk(settings);
  return Quantum::admitting(8.0 * chunk, chunks_of_step(settings.train.tasks_per_step, chunk));
}

/// A read-out so large that gradients leave the range of the first quantum.
TrainingState state_with_large_gradients(Settings const& settings) {
  TrainingState state = first_state(settings);
  Transformer<float> const model(settings.model, model_domain(settings));
  ParameterView const view = model.layout().find("readout.weight");
  for (std::size_t i = view.offset; i < view.offset + view.size(); ++i) state.parameters[i] *= 1e6f;
  return state;
}

TEST(Trainer, GradientOutOfRange_CoarserQuantumTheSameOnAnyRanks) {
  Settings const settings = ragged_settings();
  auto const together = trained(settings, test_world(), 3, state_with_large_gradients(settings));
  auto const alone =
      trained(settings, Communicator::serial(), 3, state_with_large_gradients(settings));
  EXPECT_GT(together.steps[0].quantum_exponent, first_quantum(settings).exponent());
  EXPECT_GT(together.steps[0].gradient_norm, 1e3);
  expect_same_state(together, alone);
}

TEST(Trainer, GradientInRange_DefaultQuantum) {
  Settings const settings = ragged_settings();
  auto const state = trained(settings, test_world(), 2, first_state(settings));
  EXPECT_EQ(state.steps[0].quantum_exponent, first_quantum(settings).exponent());
}

TEST(Trainer, ManyTasksAStep_NoStepIsRepeated) {
  Settings settings = ragged_settings();
  settings.task.points = {5, 5};
  settings.model.width = 4;
  settings.train.tasks_per_step = 5000;
  settings.parallel.chunk = 0;
  auto const state = trained(settings, test_world(), 1, first_state(settings));
  EXPECT_EQ(state.steps[0].quantum_exponent, first_quantum(settings).exponent());
}

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

TEST(Trainer, StepNotFinite_SkippedAndCounted) {
  for (auto const reduction : {ReductionKind::reproducible, ReductionKind::fast}) {
    Settings settings = ragged_settings();
    settings.parallel.reduction = reduction;
    Trainer trainer(settings, test_world(), first_state(settings));
    trainer.train_step();
    TrainingState const before = trainer.state();
    trainer.state().parameters[3] = not_a_number;
    EXPECT_TRUE(is_skipped(trainer.train_step()));
    EXPECT_TRUE(is_skipped(trainer.train_step()));
    EXPECT_EQ(n_skipped_last(trainer.state()), 2);
    trainer.state().parameters[3] = before.parameters[3];
    EXPECT_EQ(trainer.state().step, 3);
    EXPECT_TRUE(same_bits(trainer.state().parameters, before.parameters));
    EXPECT_TRUE(same_bits(trainer.state().optimizer.first_moment, before.optimizer.first_moment));
    EXPECT_EQ(trainer.state().optimizer.n_updates, 1);
    TrainingState const rewound = before_skipped(trainer.state());
    expect_same_state(rewound, before);
    EXPECT_FALSE(is_skipped(trainer.train_step()));
    EXPECT_EQ(n_skipped_last(trainer.state()), 0);
    EXPECT_TRUE(is_skipped(trainer.state().steps[1]));
  }
}

TEST(Trainer, TooManyStepsNotFiniteInARow_ErrorOnAllRanks) {
  for (std::int64_t const most : {0, 3}) {
    Settings settings = ragged_settings();
    settings.train.max_skipped = most;
    TrainingState state = first_state(settings);
    state.parameters[3] = not_a_number;
    Trainer trainer(settings, test_world(), state);
    for (std::int64_t i = 0; i < most; ++i) trainer.train_step();
    try {
      trainer.train_step();
      ADD_FAILURE() << "the step did not notice";
    } catch (TrainingDiverged const& error) {
      EXPECT_NE(std::string(error.what()).find("not finite"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("train.rate"), std::string::npos);
    }
    EXPECT_EQ(before_skipped(trainer.state()).step, 0);
  }
}

TEST(Trainer, Votes_OfAnyRankReachAllAndChangeNoBit) {
  Settings const settings = ragged_settings();
  for (auto const reduction : {ReductionKind::reproducible, ReductionKind::fast}) {
    Settings with = settings;
    with.parallel.reduction = reduction;
    Trainer trainer(with, test_world(), first_state(with));
    trainer.train_step();
    EXPECT_FALSE(trainer.passed_votes().stop || trainer.passed_votes().checkpoint);
    bool const is_last = test_world().rank() == test_world().size() - 1;
    trainer.train_step({.stop = is_last, .checkpoint = false});
    EXPECT_TRUE(trainer.passed_votes().stop);
    EXPECT_FALSE(trainer.passed_votes().checkpoint);
    trainer.train_step({.stop = false, .checkpoint = test_world().is_root()});
    EXPECT_FALSE(trainer.passed_votes().stop);
    EXPECT_TRUE(trainer.passed_votes().checkpoint);
    expect_same_state(trainer.state(), trained(with, test_world(), 3, first_state(with)));
  }
}

TEST(Trainer, RanksWithOtherParameters_Noticed) {
  Settings const settings = ragged_settings();
  TrainingState state = first_state(settings);
  EXPECT_NO_THROW(Trainer(settings, test_world(), state).check_ranks_agree());
  if (test_world().rank() == 1) state.optimizer.second_moment[5] = 1e-30f;
  Trainer const trainer(settings, test_world(), state);
  if (test_world().size() > 1) {
    EXPECT_THROW(trainer.check_ranks_agree(), Error);
  }
}

TEST(Trainer, StoppedAndContinued_SameBitsAsNeverStopped) {
  Settings const settings = ragged_settings();
  auto const whole = trained(settings, test_world(), 20, first_state(settings));
  auto const half = trained(settings, test_world(), 9, first_state(settings));
  expect_same_state(trained(settings, Communicator::serial(), 11, half), whole);
}

TEST(Trainer, StateWithoutOneComponent_Noticed) {
  Settings const settings = ragged_settings();
  auto const whole = trained(settings, test_world(), 12, first_state(settings));
  auto const half = trained(settings, test_world(), 6, first_state(settings));
  auto const differs_after = [&](auto const& damage) {
    TrainingState damaged = half;
    damage(damaged);
    return !same_bits(trained(settings, test_world(), 6, damaged).parameters, whole.parameters);
  };
  EXPECT_FALSE(differs_after([](TrainingState&) {}));
  EXPECT_TRUE(differs_after([](TrainingState& s) { s.step = 0; }));
  EXPECT_TRUE(differs_after([](TrainingState& s) { s.optimizer.n_updates = 0; }));
  EXPECT_TRUE(differs_after(
      [](TrainingState& s) { s.optimizer.first_moment.assign(s.parameters.size(), 0.0f); }));
  EXPECT_TRUE(differs_after(
      [](TrainingState& s) { s.optimizer.second_moment.assign(s.parameters.size(), 0.0f); }));
  EXPECT_TRUE(differs_after([](TrainingState& s) { s.chunk = 3; }));
}

}  // namespace
}  // namespace tvem
