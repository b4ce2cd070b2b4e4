#include "framework/tasks/prior.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"

namespace tvem {
namespace {

bool same_task(Task const& a, Task const& b) {
  return a.id == b.id && a.mixture.means == b.mixture.means &&
         a.mixture.weights == b.mixture.weights && a.mixture.variances == b.mixture.variances &&
         a.points == b.points && a.labels == b.labels;
}

/// Mean of f over the tasks 0..n-1 with its standard error.
struct Estimate {
  double mean, standard_error;
};
Estimate mean_over_tasks(TaskPrior const& prior, int n,
                         std::function<double(Task const&)> const& f) {
  double sum = 0, square_sum = 0;
  for (int i = 0; i < n; ++i) {
    double const value = f(prior.sample(11, Purpose::probe, static_cast<std::uint64_t>(i)));
    sum += value;
    square_sum += value * value;
  }
  double const mean = sum / n;
  return {mean, std::sqrt((square_sum / n - mean * mean) / n)};
}

void expect_near(Estimate const& estimate, double expected) {
  EXPECT_NEAR(estimate.mean, expected, 4 * estimate.standard_error + 1e-12);
}

TEST(TaskPrior, SameIdentity_SameBitsInAnyOrder) {
  TaskSettings settings;
  settings.components = {2, 5};
  settings.points = {5, 40};
  settings.weights = WeightsKind::dirichlet;
  TaskPrior const prior(settings);
  std::vector<Task> forward;
  for (std::uint64_t id = 0; id < 20; ++id)
    forward.push_back(prior.sample(1, Purpose::training_tasks, id));
  for (std::uint64_t id = 20; id-- > 0;)
    EXPECT_TRUE(same_task(TaskPrior(settings).sample(1, Purpose::training_tasks, id), forward[id]));
}

TEST(TaskPrior, OtherSeedPurposeOrId_OtherTask) {
  TaskPrior const prior{TaskSettings{}};
  Task const task = prior.sample(1, Purpose::training_tasks, 5);
  EXPECT_NE(task.points, prior.sample(2, Purpose::training_tasks, 5).points);
  EXPECT_NE(task.points, prior.sample(1, Purpose::evaluation_tasks, 5).points);
  EXPECT_NE(task.points, prior.sample(1, Purpose::training_tasks, 6).points);
}

TEST(TaskPrior, Sigma_IsTheStandardDeviationOfACoordinate) {
  TaskSettings settings;
  settings.sigma = {0.5, 0.5};
  settings.dim = {3, 3};
  expect_near(mean_over_tasks(TaskPrior(settings), 2000,
                              [](Task const& task) {
                                auto const z = static_cast<Eigen::Index>(task.labels[0]);
                                return std::pow(task.points(0, 1) - task.mixture.means(z, 1), 2);
                              }),
              0.25);
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 0);
  EXPECT_EQ(task.mixture.variances[0], 0.25);
}

TEST(TaskPrior, GaussianMeans_ScaleIsTheStandardDeviation) {
  TaskPrior const prior{TaskSettings{}};
  expect_near(mean_over_tasks(prior, 4000, [](Task const& t) { return t.mixture.means(1, 0); }), 0);
  expect_near(mean_over_tasks(prior, 4000,
                              [](Task const& t) { return std::pow(t.mixture.means(2, 1), 2); }),
              9);
}

TEST(TaskPrior, UniformMeans_InTheCube) {
  TaskSettings settings;
  settings.means = MeansKind::uniform;
  settings.scale = {2, 2};
  TaskPrior const prior(settings);
  expect_near(mean_over_tasks(prior, 4000,
                              [](Task const& t) { return std::pow(t.mixture.means(0, 1), 2); }),
              4.0 / 3);
  for (std::uint64_t id = 0; id < 200; ++id)
    EXPECT_LE(prior.sample(1, Purpose::probe, id).mixture.means.cwiseAbs().maxCoeff(), 2.0);
}

TEST(TaskPrior, SphereMeans_OnTheSphereInAllDirections) {
  TaskSettings settings;
  settings.means = MeansKind::sphere;
  settings.dim = {4, 4};
  settings.scale = {5, 5};
  TaskPrior const prior(settings);
  for (std::uint64_t id = 0; id < 100; ++id) {
    RowMatrix const means = prior.sample(1, Purpose::probe, id).mixture.means;
    for (int j = 0; j < 3; ++j) EXPECT_NEAR(means.row(j).norm(), 5, 1e-12);
  }
  expect_near(mean_over_tasks(prior, 4000,
                              [](Task const& t) { return std::pow(t.mixture.means(0, 2), 2); }),
              25.0 / 4);
}

TEST(TaskPrior, SimplexMeans_EquidistantAboutTheirCentreInRandomDirections) {
  for (int k : {2, 3, 5}) {
    for (int d : {k - 1, k + 2}) {
      TaskSettings settings;
      settings.means = MeansKind::simplex;
      settings.components = {k, k};
      settings.dim = {d, d};
      settings.separation = {3, 3};
      settings.sigma = {0.5, 0.5};
      TaskPrior const about_random(settings);
      settings.centre = CentreKind::origin;
      TaskPrior const prior(settings);
      for (std::uint64_t id = 0; id < 20; ++id) {
        RowMatrix const means = prior.sample(1, Purpose::probe, id).mixture.means;
        for (int a = 0; a < k; ++a)
          for (int b = 0; b < a; ++b) EXPECT_NEAR((means.row(a) - means.row(b)).norm(), 1.5, 1e-12);
        EXPECT_LT(means.colwise().sum().norm(), 1e-12);
        RowMatrix const moved = about_random.sample(1, Purpose::probe, id).mixture.means - means;
        for (int j = 0; j < k; ++j) EXPECT_LT((moved.row(j) - moved.row(0)).norm(), 1e-12);
      }
      expect_near(
          mean_over_tasks(about_random, 2000,
                          [](Task const& t) { return std::pow(t.mixture.means.col(0).mean(), 2); }),
          9);
      expect_near(mean_over_tasks(prior, 2000, [](Task const& t) { return t.mixture.means(0, 0); }),
                  0);
    }
  }
}

TEST(TaskPrior, RangesOfScaleAndSeparation_DrawnForEachTask) {
  TaskSettings settings;
  settings.scale = {2, 4};
  expect_near(mean_over_tasks(TaskPrior(settings), 8000,
                              [](Task const& t) { return std::pow(t.mixture.means(1, 0), 2); }),
              (64.0 - 8) / (3 * 2));
  settings.means = MeansKind::simplex;
  settings.separation = {1, 5};
  TaskPrior const prior(settings);
  auto const edge = [](Task const& t) {
    return (t.mixture.means.row(0) - t.mixture.means.row(2)).norm();
  };
  expect_near(mean_over_tasks(prior, 2000, edge), 3);
  for (std::uint64_t id = 0; id < 100; ++id) {
    EXPECT_GE(edge(prior.sample(1, Purpose::probe, id)), 1 - 1e-12);
    EXPECT_LE(edge(prior.sample(1, Purpose::probe, id)), 5 + 1e-12);
  }
}

TEST(TaskPrior, Separation_IsKeptInUnitsOfSigma) {
  for (auto const means : {MeansKind::gaussian, MeansKind::uniform, MeansKind::sphere})
    for (auto const covariance : {CovarianceKind::shared, CovarianceKind::spherical}) {
      TaskSettings settings;
      settings.means = means;
      settings.covariance = covariance;
      settings.separation = {1.8, 1.8};
      settings.sigma = {0.5, 2};
      TaskPrior const prior(settings);
      for (std::uint64_t id = 0; id < 100; ++id) {
        Task const task = prior.sample(1, Purpose::probe, id);
        for (int a = 0; a < 3; ++a)
          for (int b = 0; b < a; ++b)
            EXPECT_GE((task.mixture.means.row(a) - task.mixture.means.row(b)).norm(),
                      1.8 * std::sqrt(task.mixture.variances.maxCoeff()))
                << name_of(means) << " " << name_of(covariance);
      }
    }
}

TEST(TaskPrior, DirichletWeights_TheirMoments) {
  for (double const concentration : {0.5, 2.0}) {
    TaskSettings settings;
    settings.weights = WeightsKind::dirichlet;
    settings.concentration = concentration;
    settings.components = {4, 4};
    TaskPrior const prior(settings);
    expect_near(mean_over_tasks(prior, 4000, [](Task const& t) { return t.mixture.weights[3]; }),
                0.25);
    double const variance = 0.25 * 0.75 / (4 * concentration + 1);
    expect_near(
        mean_over_tasks(prior, 4000,
                        [](Task const& t) { return std::pow(t.mixture.weights[1] - 0.25, 2); }),
        variance);
    EXPECT_NEAR(prior.sample(1, Purpose::probe, 0).mixture.weights.sum(), 1, 1e-14);
  }
}

TEST(TaskPrior, Labels_FollowTheWeights) {
  TaskSettings settings;
  settings.weights = WeightsKind::dirichlet;
  expect_near(mean_over_tasks(TaskPrior(settings), 4000,
                              [](Task const& t) {
                                return (t.labels[7] == 2 ? 1.0 : 0.0) - t.mixture.weights[2];
                              }),
              0);
}

TEST(TaskPrior, Ranges_EveryValueEquallyOften) {
  TaskSettings settings;
  settings.dim = {1, 3};
  settings.components = {2, 4};
  settings.points = {10, 12};
  TaskPrior const prior(settings);
  std::vector<int> dims(4), ks(5), ns(13);
  for (std::uint64_t id = 0; id < 300; ++id) {
    Task const task = prior.sample(1, Purpose::probe, id);
    ++dims.at(static_cast<std::size_t>(task.mixture.dim()));
    ++ks.at(static_cast<std::size_t>(task.components()));
    ++ns.at(static_cast<std::size_t>(task.n_points()));
  }
  double const deviation = 4 * std::sqrt(300 * 2 / 9.0);
  for (int d = 1; d <= 3; ++d) EXPECT_NEAR(dims[static_cast<std::size_t>(d)], 100, deviation);
  for (int k = 2; k <= 4; ++k) EXPECT_NEAR(ks[static_cast<std::size_t>(k)], 100, deviation);
  for (int n = 10; n <= 12; ++n) EXPECT_NEAR(ns[static_cast<std::size_t>(n)], 100, deviation);
}

std::string problem_of(TaskSettings const& settings) {
  try {
    TaskPrior const prior(settings);
    return "";
  } catch (ConfigurationError const& error) {
    return error.what();
  }
}

TEST(TaskPrior, ImpossibleSeparation_ErrorThatSaysSo) {
  TaskSettings settings;
  settings.separation = {40, 40};
  std::string const problem = problem_of(settings);
  EXPECT_NE(problem.find("task.separation = 40"), std::string::npos) << problem;
  EXPECT_NE(problem.find("task.scale"), std::string::npos);
}

TEST(TaskPrior, SimplexInTooFewDimensionsOrWithoutSeparation_ErrorThatSaysSo) {
  TaskSettings settings;
  settings.means = MeansKind::simplex;
  settings.components = {2, 5};
  std::string const problem = problem_of(settings);
  EXPECT_NE(problem.find("task.separation"), std::string::npos) << problem;
  EXPECT_NE(problem.find("task.dim"), std::string::npos) << problem;
  settings.separation = {1, 1};
  settings.dim = {4, 6};
  EXPECT_EQ(problem_of(settings), "");
}

}  // namespace
}  // namespace tvem
