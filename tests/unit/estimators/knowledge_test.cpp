#include "framework/estimators/starts/knowledge.hpp"

#include <cmath>

#include <Eigen/LU>
#include <gtest/gtest.h>

#include "framework/estimators/em.hpp"
#include "framework/estimators/gradient.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/starts/initial_guess.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/metrics/clustering.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

constexpr CovarianceKind every_covariance[] = {CovarianceKind::shared, CovarianceKind::spherical,
                                               CovarianceKind::tied, CovarianceKind::diagonal,
                                               CovarianceKind::full};

TaskSettings correlated_prior() {
  TaskSettings settings;
  settings.dim = {3, 3};
  settings.points = {60, 60};
  settings.covariance = CovarianceKind::tied;
  return settings;
}

TEST(EmStep, PriorOfTheMeans_PosteriorDensityNeverFalls) {
  TaskSettings settings;
  settings.dim = {1, 4};
  settings.scale = {1, 1};
  TaskPrior const prior(settings);
  Knowledge known;
  known.means_prior_variance = 1;
  for (auto const covariance : every_covariance)
    for (std::uint64_t id = 0; id < 40; ++id) {
      Task const task = prior.sample(1, Purpose::probe, id);
      Mixture mixture = task.mixture;
      RandomStream random(1, Purpose::probe, id);
      mixture.means = random_point_start(task.points, 3, random);
      double const floor = 0.05 * mean_variance(task.points);
      mixture.variances = mixture.variances.cwiseMax(floor);
      double previous = -INFINITY;
      for (int step = 0; step < 30; ++step) {
        double const before = log_prior(known, mixture, task.n_points());
        double const posterior = before + em_step(task.points, covariance, floor, mixture, known);
        if (mixture.weights.minCoeff() == 0) break;
        ASSERT_GE(posterior, previous - 1e-12) << name_of(covariance) << ", task " << id;
        previous = posterior;
      }
    }
}

/// The maximiser over mean j of sum_i r_ij log N(x_i; mu_j, S) + log N(mu_j; 0, s^2 I), in plain
/// loops: (mass S^-1 + I / s^2)^-1 S^-1 sum_i r_ij x_i.
Eigen::VectorXd plain_posterior_mean(Task const& task, Mixture const& mixture, Eigen::Index j,
                                     double prior_variance) {
  RowMatrix const log_joint = weighted_log_densities(mixture, task.points);
  Eigen::VectorXd const log_density = log_sum_exp_rows(log_joint);
  double mass = 0;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(mixture.dim());
  for (Eigen::Index i = 0; i < task.points.rows(); ++i) {
    double const r = std::exp(log_joint(i, j) - log_density[i]);
    mass += r;
    sum += r * task.points.row(i).transpose();
  }
  Eigen::MatrixXd const inverse = covariance_of(mixture, j).inverse();
  Eigen::MatrixXd precision = mass * inverse;
  precision.diagonal().array() += 1 / prior_variance;
  return precision.inverse() * (inverse * sum);
}

TEST(EmStep, PriorOfTheMeans_MeansOfPlainLoops) {
  for (auto const covariance : every_covariance) {
    TaskSettings settings = correlated_prior();
    settings.covariance = covariance;
    if (covariance == CovarianceKind::spherical) settings.sigma = {0.5, 2};
    Task const task = TaskPrior(settings).sample(1, Purpose::probe, 4);
    Knowledge known;
    known.means_prior_variance = 0.7;
    Mixture mixture = task.mixture;
    em_step(task.points, covariance, 0, mixture, known);
    for (Eigen::Index j = 0; j < 3; ++j) {
      Eigen::VectorXd const expected = plain_posterior_mean(task, task.mixture, j, 0.7);
      EXPECT_LT((mixture.means.row(j).transpose() - expected).norm(), 1e-12) << name_of(covariance);
    }
  }
}

TEST(Em, KnownParameters_StayAndTheRestIsEstimated) {
  for (auto const covariance : {CovarianceKind::shared, CovarianceKind::tied}) {
    TaskSettings prior = correlated_prior();
    prior.covariance = covariance;
    Task const task = TaskPrior(prior).sample(1, Purpose::probe, 2);
    EmSettings settings;
    settings.covariance = covariance;
    settings.known = {.variance = true, .weights = true, .means_prior = false};
    Knowledge const known = knowledge_of(task, prior, settings, {});
    for (auto const start : {StartKind::kmeans_plus_plus, StartKind::two_round}) {
      settings.start = start;
      Fit const fit = em(task.points, 3, settings, {.seed = 1}, known);
      for (int j = 0; j < 3; ++j) {
        EXPECT_EQ(fit.mixture.weights[j], 1.0 / 3);
        EXPECT_LT((covariance_of(fit.mixture, j) - covariance_of(task.mixture, j)).norm(), 1e-14);
      }
      EXPECT_EQ(fit.n_collapsed, 0);
      EXPECT_NE(fit.mixture.means(0, 0), task.mixture.means(0, 0));
    }
  }
}

TEST(Em, KnownParametersAndADeadComponent_StartedAgainWithWhatIsKnown) {
  Task task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  EmSettings settings;
  settings.start = StartKind::oracle;
  settings.known = {.variance = true, .weights = true, .means_prior = true};
  Knowledge known = knowledge_of(task, TaskSettings{}, settings, {});
  known.oracle->means.row(1).setConstant(1e4);
  Fit const fit = em(task.points, 3, settings, {.seed = 1}, known);
  EXPECT_EQ(fit.n_dead, 1);
  EXPECT_EQ(fit.mixture.weights[1], 1.0 / 3);
  EXPECT_EQ(fit.mixture.variances[1], 1.0);
  EXPECT_LT(fit.mixture.means.cwiseAbs().maxCoeff(), 100);
}

TEST(Em, KnownVarianceAndPrior_ErrorNotWorse) {
  // What is granted must help where it matters: few points, many components.
  TaskSettings prior;
  prior.points = {25, 25};
  prior.components = {4, 4};
  double told = 0, alone = 0;
  for (std::uint64_t id = 0; id < 600; ++id) {
    Task const task = TaskPrior(prior).sample(1, Purpose::probe, id);
    EmSettings settings;
    settings.restarts = 10;
    Restarts const restarts{.seed = 1, .task_id = id, .count = 10};
    alone += clustering_error(task.labels, em(task.points, 4, settings, restarts).labels, 4);
    settings.known = {.variance = true, .weights = true, .means_prior = true};
    Knowledge const known = knowledge_of(task, prior, settings, {});
    told += clustering_error(task.labels, em(task.points, 4, settings, restarts, known).labels, 4);
  }
  EXPECT_LT(told, alone - 600 * 0.01);
}

TEST(InitialGuess, Corrupted_ShareOfLabelsIsTheRate) {
  TaskSettings prior;
  prior.components = {4, 4};
  prior.points = {400, 400};
  prior.outliers = 0.1;
  for (double const rate : {0.0, 0.3, 1.0}) {
    InputSettings const input{.guess = GuessKind::corrupted, .corruption = rate};
    double n_wrong = 0, n = 0;
    for (std::uint64_t id = 0; id < 20; ++id) {
      Task const task = TaskPrior(prior).sample(1, Purpose::probe, id);
      auto const guess = initial_guess(input, 1, Purpose::probe, task);
      ASSERT_EQ(guess.size(), 400u);
      for (std::size_t i = 0; i < guess.size(); ++i) {
        ASSERT_TRUE(guess[i] >= 0 && guess[i] < 4);
        if (task.labels[i] == outlier_label) continue;
        n += 1;
        n_wrong += guess[i] != task.labels[i];
      }
    }
    EXPECT_NEAR(n_wrong / n, rate, 4 * std::sqrt(rate * (1 - rate) / n));
  }
}

TEST(InitialGuess, EveryKind_IsKeyedByItsTaskAndLeadsEm) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 5);
  for (auto const init : {GuessKind::random, GuessKind::kmeans_plus_plus, GuessKind::spectral,
                          GuessKind::corrupted}) {
    InputSettings const input{.guess = init};
    auto const guess = initial_guess(input, 1, Purpose::probe, task);
    EXPECT_EQ(guess, initial_guess(input, 1, Purpose::probe, task));
    EXPECT_EQ(guess.size(), 50u);
    if (init == GuessKind::corrupted || init == GuessKind::random) {
      EXPECT_NE(guess, initial_guess(input, 1, Purpose::training_tasks, task));
    }
    EmSettings settings;
    settings.start = StartKind::guess;
    settings.trace = 1;
    Knowledge const known = knowledge_of(task, TaskSettings{}, settings, guess);
    Fit const fit = em(task.points, 3, settings, {.seed = 1}, known);
    Mixture const start = mixture_of_labels(task.points, guess, 3, 1e-9);
    EXPECT_EQ(fit.trace.at(0).labels, map_labels(start, task.points));
  }
  EXPECT_TRUE(initial_guess({}, 1, Purpose::probe, task).empty());
}

}  // namespace
}  // namespace tvem
