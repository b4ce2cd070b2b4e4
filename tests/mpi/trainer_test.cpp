#include "tvem/train/trainer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "support/world.hpp"
#include "tvem/core/error.hpp"
#include "tvem/train/evaluation.hpp"
#include "tvem/train/loop.hpp"

namespace tvem {
namespace {

/// Small, ragged in points, components and dimension, with a step that no number of ranks divides.
Settings ragged_settings() {
  Settings settings;
  settings.task.dim = {1, 3};
  settings.task.components = {2, 4};
  settings.task.points = {10, 30};
  settings.task.sigma = {0.5, 1.5};
  settings.model = {.layers = 2, .heads = 2, .width = 16, .mlp_ratio = 2};
  settings.train.steps = 50;
  settings.train.tasks_per_step = 13;
  settings.train.warmup = 5;
  settings.parallel.chunk = 2;
  return settings;
}

bool same_bits(AlignedVector<float> const& a, AlignedVector<float> const& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  });
}

void expect_same_state(TrainingState const& a, TrainingState const& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_TRUE(same_bits(a.parameters, b.parameters));
  EXPECT_TRUE(same_bits(a.optimizer.first_moment, b.optimizer.first_moment));
  EXPECT_TRUE(same_bits(a.optimizer.second_moment, b.optimizer.second_moment));
  ASSERT_EQ(a.steps.size(), b.steps.size());
  for (std::size_t i = 0; i < a.steps.size(); ++i) {
    EXPECT_EQ(a.steps[i].step, b.steps[i].step);
    EXPECT_EQ(a.steps[i].loss_mean, b.steps[i].loss_mean);
    EXPECT_EQ(a.steps[i].error_mean, b.steps[i].error_mean);
    EXPECT_EQ(a.steps[i].gradient_norm, b.steps[i].gradient_norm);
    EXPECT_EQ(a.steps[i].quantum_exponent, b.steps[i].quantum_exponent);
  }
}

TrainingState trained(Settings const& settings, Communicator const& comm, int n_steps,
                      TrainingState state) {
  Trainer trainer(settings, comm, std::move(state));
  for (int i = 0; i < n_steps; ++i) trainer.train_step();
  return trainer.state();
}

TrainingState first_state(Settings const& settings) {
  return initial_state(settings, common_instruction_set(test_world()));
}

TEST(Trainer, AnyNumberOfRanks_SameBitsAsOneRank) {
  Settings const settings = ragged_settings();
  auto const together = trained(settings, test_world(), 50, first_state(settings));
  auto const alone = trained(settings, Communicator::serial(), 50, first_state(settings));
  expect_same_state(together, alone);
  EXPECT_FALSE(same_bits(together.parameters, first_state(settings).parameters));
}

TEST(Trainer, EveryOptimizer_SameBitsAsOneRank) {
  for (auto const kind : {OptimizerKind::adamw, OptimizerKind::sgd}) {
    Settings settings = ragged_settings();
    settings.train.optimizer = kind;
    settings.train.weight_decay = 0.01;
    expect_same_state(trained(settings, test_world(), 8, first_state(settings)),
                      trained(settings, Communicator::serial(), 8, first_state(settings)));
  }
}

TEST(Trainer, EveryReadoutAndInput_SameBitsAsOneRank) {
  Settings settings = ragged_settings();
  settings.model.readout = ReadoutKind::parameters;
  settings.input = {.init = InitKind::spectral, .auxiliary = true, .standardize = true};
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
  Transformer<float> const model(settings.model, model_domain(settings), state.instruction_set);
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

TEST(RunTraining, StopAskedFor_CheckpointThenTheSameBits) {
  Settings settings = ragged_settings();
  settings.train.steps = 12;
  settings.train.checkpoint_every = 0;
  settings.train.evaluate_every = 5;
  settings.train.evaluate_tasks = settings.eval.tasks = 8;
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
  Settings settings = ragged_settings();
  settings.train.steps = 12;
  settings.train.checkpoint_every = 0;
  settings.train.evaluate_every = 5;
  settings.train.evaluate_tasks = settings.eval.tasks = 8;
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

TEST(Evaluate, StopAskedFor_AllRanksLeave) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 8;
  settings.eval.estimators = {"transformer", "lloyd"};
  Trainer trainer(settings, test_world(), first_state(settings));
  bool const is_last = test_world().rank() == test_world().size() - 1;
  EvaluationHooks const hooks{.progress = {}, .wants_stop = [&] { return is_last; }};
  EXPECT_THROW(evaluate(settings, test_world(), trainer.model(), best_instruction_set(), hooks),
               StoppedOnRequest);
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

TEST(Evaluation, AnyNumberOfRanks_SameTableButForSeconds) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 23;
  settings.eval.trace = 5;
  settings.eval.estimators.push_back("em:restarts=70");  // more than one rank takes at a time
  auto const table_of = [&](Communicator const& comm) {
    Trainer trainer(settings, comm, first_state(settings));
    return evaluate(settings, comm, trainer.model(), best_instruction_set());
  };
  Evaluation const together = table_of(test_world()), alone = table_of(Communicator::serial());
  if (!test_world().is_root()) {
    EXPECT_EQ(together.n_tasks(), 0u);
    return;
  }
  EXPECT_EQ(together.task_ids, alone.task_ids);
  EXPECT_EQ(together.estimators, settings.eval.estimators);
  EXPECT_EQ(together.iterations, alone.iterations);
  EXPECT_EQ(together.status, alone.status);
  EXPECT_EQ(together.collapsed_restarts, alone.collapsed_restarts);
  EXPECT_EQ(together.dead_components, alone.dead_components);
  EXPECT_EQ(together.components, alone.components);
  EXPECT_EQ(together.bayes_error_raw, alone.bayes_error_raw);
  EXPECT_EQ(together.error.size(), settings.eval.estimators.size() * 23);
  auto const same_bits = [](std::vector<double> const& a, std::vector<double> const& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
  };
  for (EvaluationMetric const& metric : evaluation_metrics)
    if (metric.values != &Evaluation::seconds) {
      EXPECT_TRUE(same_bits(together.*metric.values, alone.*metric.values)) << metric.name;
    }
  ASSERT_EQ(together.n_iterations(), 6u);
  EXPECT_TRUE(same_bits(together.trace_error_mean, alone.trace_error_mean));
  EXPECT_TRUE(same_bits(together.trace_log_likelihood_mean, alone.trace_log_likelihood_mean));
}

TEST(Evaluation, RestartsSharedByRanks_AsOneFitOfAll) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 6;
  settings.eval.estimators = {"lloyd:restarts=70",
                              "em:restarts=65:covariance=spherical:start=random"};
  Trainer trainer(settings, test_world(), first_state(settings));
  Evaluation const table =
      evaluate(settings, test_world(), trainer.model(), best_instruction_set());
  if (!test_world().is_root()) return;
  TaskPrior const prior(settings.task);
  auto const specs = parse_estimators(settings);
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (std::size_t t = 0; t < 6; ++t) {
      Task const task = prior.sample(settings.eval.seed, Purpose::evaluation_tasks, t);
      Fit const fit =
          run_baseline(specs[e], settings, task, best_instruction_set(),
                       {.seed = settings.eval.seed, .task_id = t, .count = specs[e].em.restarts});
      std::size_t const at = e * 6 + t;
      EXPECT_EQ(table.log_likelihood[at], fit.log_likelihood);
      EXPECT_EQ(table.error[at], clustering_error(task.labels, fit.labels, task.components()));
      EXPECT_EQ(table.iterations[at], fit.total_iterations);
      EXPECT_EQ(table.collapsed_restarts[at], fit.n_collapsed);
      EXPECT_EQ(table.status[at], static_cast<int>(fit.status));
    }
}

TEST(Evaluation, WrongNumberOfComponents_PointsWithoutPartnerAreErrors) {
  Settings settings;
  settings.task.means = MeansKind::simplex;
  settings.task.separation = 30;  // nothing but the number of components can be wrong
  settings.eval.tasks = 20;
  settings.eval.trace = 3;
  settings.eval.estimators = {"em:restarts=20", "em:components=2:restarts=20",
                              "lloyd:components=4:restarts=20"};
  Trainer trainer(settings, test_world(), first_state(settings));
  Evaluation const table =
      evaluate(settings, test_world(), trainer.model(), best_instruction_set());
  if (!test_world().is_root()) return;
  TaskPrior const prior(settings.task);
  for (std::size_t t = 0; t < 20; ++t) {
    Task const task = prior.sample(settings.eval.seed, Purpose::evaluation_tasks, t);
    double counts[3] = {};
    for (int const label : task.labels) ++counts[label];
    double const smallest = *std::min_element(counts, counts + 3) / 50;
    EXPECT_EQ(table.error[t], 0);
    // Two components: one of them takes two of the true three.
    EXPECT_GE(table.error[20 + t], smallest);
    EXPECT_LT(table.error[20 + t], 0.5);
    EXPECT_GE(table.weights_distance[20 + t], 1.0 / 9);  // of the true one without a partner
    // Four: some points of one true component are under a name that no other has.
    EXPECT_GT(table.error[40 + t], 0);
    EXPECT_LT(table.error[40 + t], 0.5);
    EXPECT_LT(table.means_distance[40 + t], 3);
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
