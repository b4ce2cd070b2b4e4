#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "framework/estimators/estimator.hpp"
#include "framework/estimators/starts/initial_guess.hpp"

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

double n_errors(Task const& task, std::vector<int> const& labels) {
  double n = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) n += labels[i] != task.labels[i] ? 1 : 0;
  return n;
}

/// With a guess that is true the labels are; with one that says nothing they are the Bayes rule's;
/// in between they are better than both.
TEST(RunBaseline, BayesGivenTheGuess_BetterThanEither) {
  TaskSettings settings;
  settings.scale = {1.5, 1.5};
  TaskPrior const prior(settings);
  EstimatorSpec const spec = parse_estimator("bayes+guess", EmSettings{});
  auto const labels = [&](Task const& task, double corruption) {
    InputSettings const input{.guess = GuessKind::corrupted, .corruption = corruption};
    return run_baseline(spec, settings, input, task, {.seed = 1, .task_id = task.id}).labels;
  };
  double n_given_guess = 0, n_given_points = 0, n_of_guess = 0;
  for (std::uint64_t id = 0; id < 50; ++id) {
    Task const task = prior.sample(1, Purpose::probe, id);
    InputSettings const input{.guess = GuessKind::corrupted, .corruption = 0.3};
    auto const by_points = map_labels(task.mixture, task.points);
    EXPECT_EQ(labels(task, 0), task.labels);
    EXPECT_EQ(labels(task, 2.0 / 3), by_points);
    n_given_guess += n_errors(task, labels(task, 0.3));
    n_given_points += n_errors(task, by_points);
    n_of_guess += n_errors(task, initial_guess(input, 1, Purpose::evaluation_tasks, task));
  }
  EXPECT_LT(n_given_guess, 0.8 * n_given_points);
  EXPECT_LT(n_given_guess, 0.8 * n_of_guess);
  EXPECT_EQ(unmet_conditions(spec, settings, {.guess = GuessKind::corrupted}).size(), 0u);
  EXPECT_NE(unmet_conditions(spec, settings, {.guess = GuessKind::spectral})[0].find("spectral"),
            std::string::npos);
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
