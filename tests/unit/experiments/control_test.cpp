#include "experiments/report/control.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "framework/core/random.hpp"

namespace tvem {
namespace {

/// Errors of which the control explains 3/4 of the variance; the truth is 0.3.
struct Experiment {
  std::vector<double> errors, controls;
  explicit Experiment(std::uint64_t id) {
    RandomStream random(2, Purpose::probe, id);
    for (int t = 0; t < 200; ++t) {
      double const control = random.normal();
      controls.push_back(0.1 + control);
      errors.push_back(0.3 + std::sqrt(3) * control + random.normal());
    }
  }
};

/// The interval covers as often as it says, and it is half as wide as the plain one.
TEST(ControlledMean, SimulatedTasks_CoversAndIsNarrower) {
  int n_covered = 0;
  double ratio = 0;
  constexpr int n = 4000;
  for (std::uint64_t id = 0; id < n; ++id) {
    Experiment const experiment(id);
    auto const mean = controlled_mean(experiment.errors, experiment.controls, {0.1, 0});
    n_covered += std::fabs(mean.mean - 0.3) < 1.96 * mean.standard_error;
    ratio += mean.standard_error / moments_of(experiment.errors).standard_error() / n;
  }
  EXPECT_NEAR(n_covered, 0.95 * n, 4 * std::sqrt(0.05 * 0.95 * n));
  EXPECT_NEAR(ratio, 0.5, 0.01);
}

/// An expectation that is uncertain makes the interval wider by what it is.
TEST(ControlledMean, ExpectationWithAnError_IsInTheStandardError) {
  Experiment const experiment(1);
  auto const exact = controlled_mean(experiment.errors, experiment.controls, {0.1, 0});
  auto const uncertain = controlled_mean(experiment.errors, experiment.controls, {0.1, 0.2});
  EXPECT_EQ(uncertain.mean, exact.mean);
  EXPECT_NEAR(uncertain.standard_error, std::hypot(exact.standard_error, 0.2 * std::sqrt(3)), 0.05);
}

TEST(ControlledMean, ControlWithoutVariance_PlainMean) {
  std::vector<double> const errors{1, 2, 4}, controls{3, 3, 3};
  auto const mean = controlled_mean(errors, controls, {5, 0});
  EXPECT_DOUBLE_EQ(mean.mean, 7.0 / 3);
}

/// Of simplex means it has a closed form; the mean over tasks agrees with it.
TEST(ExpectedBayesError, SimplexMeans_ClosedFormAndTasksAgree) {
  Settings settings;
  settings.task.means = MeansKind::simplex;
  settings.task.separation = {3, 3};
  auto const exact = expected_bayes_error(settings, 0);
  EXPECT_EQ(exact.standard_error, 0);
  settings.task.weights = WeightsKind::dirichlet;  // without a closed form
  settings.task.concentration = 1e6;               // but nearly equal
  auto const sampled = expected_bayes_error(settings, 20000);
  EXPECT_GT(sampled.standard_error, 0);
  EXPECT_NEAR(sampled.mean, exact.mean, 4 * sampled.standard_error);
}

}  // namespace
}  // namespace tvem
