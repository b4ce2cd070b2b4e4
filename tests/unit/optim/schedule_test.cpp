#include "framework/optim/schedule.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tvem {
namespace {

OptimizerSettings settings_of(ScheduleKind schedule, std::int64_t warmup, std::int64_t steps) {
  OptimizerSettings settings;
  settings.rate = 0.5;
  settings.schedule = schedule;
  settings.warmup = warmup;
  settings.steps = steps;
  return settings;
}

constexpr ScheduleKind every_schedule[] = {ScheduleKind::constant, ScheduleKind::cosine,
                                           ScheduleKind::rsqrt};

TEST(LearningRate, Warmup_RisesLinearlyToTheFullRateAtStepWarmup) {
  for (auto const schedule : every_schedule) {
    auto const settings = settings_of(schedule, 4, 100);
    for (int step = 0; step <= 4; ++step)
      EXPECT_NEAR(learning_rate(settings, step), 0.1 * (step + 1), 1e-15)
          << name_of(schedule) << " " << step;
  }
}

TEST(LearningRate, Constant_StaysAtTheRate) {
  auto const settings = settings_of(ScheduleKind::constant, 4, 100);
  for (int const step : {4, 5, 50, 99, 100, 10000}) EXPECT_EQ(learning_rate(settings, step), 0.5);
}

TEST(LearningRate, Cosine_HandComputedPoints) {
  auto const settings = settings_of(ScheduleKind::cosine, 20, 100);
  EXPECT_EQ(learning_rate(settings, 20), 0.5);
  EXPECT_NEAR(learning_rate(settings, 40), 0.25 * (1 + std::sqrt(0.5)), 1e-15);
  EXPECT_NEAR(learning_rate(settings, 60), 0.25, 1e-15);
  EXPECT_NEAR(learning_rate(settings, 80), 0.25 * (1 - std::sqrt(0.5)), 1e-15);
  EXPECT_GT(learning_rate(settings, 99), 0.0);
  EXPECT_NEAR(learning_rate(settings, 100), 0.0, 1e-15);
  EXPECT_NEAR(learning_rate(settings, 1000), 0.0, 1e-15) << "it must not rise again";
}

TEST(LearningRate, Rsqrt_HalfAtFourTimesTheWarmup) {
  auto const settings = settings_of(ScheduleKind::rsqrt, 25, 10000);
  EXPECT_EQ(learning_rate(settings, 25), 0.5);
  EXPECT_NEAR(learning_rate(settings, 100), 0.25, 1e-15);
  EXPECT_NEAR(learning_rate(settings, 2500), 0.05, 1e-15);
}

TEST(LearningRate, NoWarmup_FullRateAtOnce) {
  for (auto const schedule : every_schedule)
    EXPECT_EQ(learning_rate(settings_of(schedule, 0, 100), 0), 0.5) << name_of(schedule);
  EXPECT_NEAR(learning_rate(settings_of(ScheduleKind::rsqrt, 0, 100), 16), 0.125, 1e-15);
}

TEST(LearningRate, WarmupLongerThanTheTraining_RisesToTheEndAndIsFinite) {
  for (auto const schedule : every_schedule) {
    auto const settings = settings_of(schedule, 50, 10);
    EXPECT_LT(learning_rate(settings, 8), learning_rate(settings, 9)) << name_of(schedule);
    EXPECT_TRUE(std::isfinite(learning_rate(settings, 60))) << name_of(schedule);
  }
}

TEST(ScheduleDependsOnSteps, EverySchedule_AsItsRatesDo) {
  for (auto const schedule : every_schedule) {
    bool differs = false;
    for (int step = 0; step < 100; ++step)
      differs |= learning_rate(settings_of(schedule, 10, 100), step) !=
                 learning_rate(settings_of(schedule, 10, 200), step);
    EXPECT_EQ(schedule_depends_on_steps(schedule), differs) << name_of(schedule);
  }
}

}  // namespace
}  // namespace tvem
