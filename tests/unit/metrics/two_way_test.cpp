#include "framework/metrics/two_way.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "framework/core/random.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

using Differences = std::vector<std::vector<double>>;  // [training][task]

/// Standard deviations of the effects of trainings, of tasks and of the rest, over those of tasks.
struct Effects {
  double trainings, rest;
};

Differences simulated(std::uint64_t id, int n_trainings, int n_tasks, Effects const& effects) {
  RandomStream random(7, Purpose::probe, id);
  std::vector<double> of_tasks(n_tasks);
  for (double& effect : of_tasks) effect = random.normal();
  Differences differences(n_trainings);
  for (auto& of_training : differences) {
    double const effect = effects.trainings * random.normal();
    for (double const of_task : of_tasks)
      of_training.push_back(effect + of_task + effects.rest * random.normal());
  }
  return differences;
}

TwoWayMean mean_of(Differences const& differences) {
  TwoWayDifferences all;
  for (auto const& of_training : differences) all.add(of_training);
  return all.mean();
}

/// Known effects, true mean 0. A training's effect is from nothing to several times what the tasks
/// leave.
TEST(TwoWayDifferences, SimulatedExperiments_TheIntervalCovers93To97InAHundred) {
  int const n_tasks = 100, n_experiments = 3000;
  double const of_tasks = 1 / std::sqrt(n_tasks);
  for (int const n_trainings : {3, 5, 10})
    for (double const share : {0.0, 0.5, 3.0, 30.0})
      for (double const rest : {0.1, 0.7}) {
        Effects const effects{std::sqrt(share * n_trainings) * of_tasks, rest};
        int n_covered = 0;
        for (int i = 0; i < n_experiments; ++i) {
          auto const mean = mean_of(simulated(i, n_trainings, n_tasks, effects));
          n_covered += mean.low <= 0 && 0 <= mean.high ? 1 : 0;
        }
        // Three standard errors of the simulation, 0.4 % each, are allowed beyond.
        double const coverage = 1.0 * n_covered / n_experiments;
        EXPECT_GT(coverage, 0.93 - 0.012) << n_trainings << " " << share << " " << rest;
        EXPECT_LT(coverage, 0.97 + 0.012) << n_trainings << " " << share << " " << rest;
      }
}

/// As plain loops over all values have it.
TEST(TwoWayDifferences, MeanAndStandardError_AsByAnalysisOfVariance) {
  int const s = 4, t = 30;
  auto const d = simulated(3, s, t, {0.5, 0.8});
  double mean = 0, of_trainings = 0, of_tasks = 0, rest = 0;
  std::vector<double> rows(s), columns(t);
  for (int i = 0; i < s; ++i)
    for (int j = 0; j < t; ++j) {
      mean += d[i][j] / (s * t);
      rows[i] += d[i][j] / t;
      columns[j] += d[i][j] / s;
    }
  for (int i = 0; i < s; ++i) of_trainings += t * std::pow(rows[i] - mean, 2) / (s - 1);
  for (int j = 0; j < t; ++j) of_tasks += s * std::pow(columns[j] - mean, 2) / (t - 1);
  for (int i = 0; i < s; ++i)
    for (int j = 0; j < t; ++j)
      rest += std::pow(d[i][j] - rows[i] - columns[j] + mean, 2) / ((s - 1) * (t - 1));
  auto const result = mean_of(d);
  EXPECT_NEAR(result.mean, mean, 1e-14);
  EXPECT_NEAR(result.standard_error, std::sqrt((of_trainings + of_tasks - rest) / (s * t)), 1e-13);
  EXPECT_EQ(result.n_trainings, s);
  EXPECT_NEAR(result.low + result.high, 2 * mean, 1e-13);
}

TEST(TwoWayDifferences, OneTraining_ThePairedIntervalOverTasks) {
  auto const d = simulated(5, 1, 2000, {1, 1});
  auto const two_way = mean_of(d);
  auto const paired = difference_of(moments_of(d[0]));
  EXPECT_NEAR(two_way.mean, paired.mean, 1e-14);
  EXPECT_NEAR(two_way.standard_error, paired.standard_error, 1e-14);
  EXPECT_NEAR(two_way.low, paired.low, 1e-4);
}

/// Two baselines do not depend on the training: more trainings say no more of them.
TEST(TwoWayDifferences, SameDifferencesInAllTrainings_TheIntervalOfOne) {
  auto const one = simulated(9, 1, 50, {0, 1});
  auto const a = mean_of(one), b = mean_of({one[0], one[0], one[0]});
  EXPECT_NEAR(a.standard_error, b.standard_error, 1e-12);
  EXPECT_NEAR(a.low, b.low, 1e-6);
  EXPECT_EQ(mean_of({{0, 0}, {0, 0}}).high, 0);
  EXPECT_TRUE(std::isnan(mean_of({{1}, {2}}).low));
}

}  // namespace
}  // namespace tvem
