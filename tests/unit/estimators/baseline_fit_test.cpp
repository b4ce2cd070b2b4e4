#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "framework/estimators/estimator.hpp"

namespace tvem {
namespace {

Fit run(EstimatorSpec const& spec, Task const& task, std::uint64_t seed) {
  return run_baseline(spec, TaskSettings{}, InputSettings{}, task,
                      {.seed = seed, .task_id = task.id, .count = spec.restarts()});
}

TEST(RunBaseline, Bayes_TrueMixtureAndItsMapLabels) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 9);
  Fit const fit = run(parse_estimator("bayes", EmSettings{}), task, 1);
  EXPECT_EQ(fit.mixture.means, task.mixture.means);
  EXPECT_EQ(fit.labels, map_labels(task.mixture, task.points));
  EXPECT_EQ(fit.log_likelihood, mean_log_likelihood(task.mixture, task.points));
  EXPECT_EQ(fit.status, FitStatus::converged);
}

TEST(RunBaseline, Chance_AllLabelsAndNoMixture) {
  TaskSettings settings;
  settings.points = {400, 400};
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 9);
  Fit const fit = run(parse_estimator("chance", EmSettings{}), task, 1);
  EXPECT_EQ(fit.mixture.components(), 0);
  EXPECT_TRUE(std::isnan(fit.log_likelihood));
  ASSERT_EQ(fit.labels.size(), 400u);
  for (int label = 0; label < 3; ++label)  // 133 expected, standard deviation 9.4
    EXPECT_LE(std::abs(std::count(fit.labels.begin(), fit.labels.end(), label) - 133), 40);
}

}  // namespace
}  // namespace tvem
