// Outliers, held-out points, the fixed pool, and distributions of the means.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/tasks/prior.hpp"
#include "tests/support/kolmogorov_smirnov.hpp"

namespace tvem {
namespace {

using namespace test;

TEST(Outliers, Share_IsExactAndEveryPointIsOneEquallyOften) {
  TaskSettings settings;
  settings.points = {20, 20};
  settings.outliers = 0.26;
  TaskPrior const prior(settings);
  std::vector<int> counts(20);
  int const n_tasks = 2000;
  for (std::uint64_t id = 0; id < n_tasks; ++id) {
    Task const task = prior.sample(1, Purpose::probe, id);
    int n_outliers = 0;
    for (std::size_t i = 0; i < 20; ++i) {
      bool const is_outlier = task.labels[i] == outlier_label;
      n_outliers += is_outlier;
      counts[i] += is_outlier;
    }
    ASSERT_EQ(n_outliers, 5);
  }
  for (int const count : counts)
    EXPECT_NEAR(count, n_tasks / 4.0, 4 * std::sqrt(n_tasks * 3 / 16.0));
}

TEST(Outliers, ShareThatIsNoBinaryFraction_CountAsInDecimals) {
  TaskSettings settings;
  settings.points = {100, 100};
  settings.outliers = 0.29;
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 0);
  EXPECT_EQ(std::count(task.labels.begin(), task.labels.end(), outlier_label), 29);
}

TEST(Outliers, AreUniformInTheirCubeAndLeaveTheOthersAsTheyWere) {
  TaskSettings settings, without = settings;
  settings.outliers = 0.5;
  std::vector<double> places;
  for (std::uint64_t id = 0; id < 200; ++id) {
    Task const task = TaskPrior(settings).sample(1, Purpose::probe, id);
    Task const plain = TaskPrior(without).sample(1, Purpose::probe, id);
    EXPECT_EQ(task.mixture.means, plain.mixture.means);
    Eigen::RowVectorXd const centre = task.mixture.means.colwise().mean();
    double const half_width = (task.mixture.means.rowwise() - centre).cwiseAbs().maxCoeff() + 6;
    for (int i = 0; i < 50; ++i)
      if (task.labels[static_cast<std::size_t>(i)] == outlier_label)
        places.push_back((task.points(i, 1) - centre[1]) / half_width);
      else
        EXPECT_EQ(task.points.row(i), plain.points.row(i));
  }
  EXPECT_LT(kolmogorov_smirnov(places, [](double x) { return 0.5 * (x + 1); }),
            kolmogorov_smirnov_limit);
}

TEST(HeldOut, Points_OfTheSameMixtureWithoutOutliers) {
  TaskSettings settings;
  settings.outliers = 0.3;
  TaskPrior const prior(settings);
  std::vector<double> distances;
  for (std::uint64_t id = 0; id < 200; ++id) {
    Task const task = prior.sample(1, Purpose::evaluation_tasks, id);
    RowMatrix const points = sample_held_out(1, task);
    ASSERT_EQ(points.rows(), task.points.rows());
    EXPECT_EQ(points, sample_held_out(1, task)) << "keyed by identity";
    EXPECT_NE(points, sample_held_out(2, task));
    EXPECT_NE(points, task.points);
    // The distribution function of the first coordinate maps it to uniform numbers.
    for (double const x : points.col(0)) {
      double p = 0;
      for (int j = 0; j < 3; ++j)
        p += task.mixture.weights[j] * normal_distribution(x - task.mixture.means(j, 0));
      distances.push_back(p);
    }
  }
  EXPECT_LT(kolmogorov_smirnov(distances, [](double p) { return p; }), kolmogorov_smirnov_limit);
}

TEST(Pool, TrainingTasks_AreThoseOfTheFixedSetEquallyOften) {
  TaskSettings settings;
  settings.pool = 8;
  settings.pool_seed = 3;
  TaskPrior const prior(settings);
  std::vector<int> counts(8);
  Task task;
  for (std::uint64_t id = 0; id < 4000; ++id) {
    prior.sample_training(1, id, task);
    ASSERT_LT(task.id, 8u);
    ++counts[task.id];
    EXPECT_EQ(task.points, prior.sample(3, Purpose::pool_tasks, task.id).points);
  }
  for (int const count : counts) EXPECT_NEAR(count, 500, 4 * std::sqrt(500 * 7 / 8.0));
}

/// Points, and all but a share of the labels, are those of the task without noise; a task of the
/// pool has the same wrong labels each time.
TEST(LabelNoise, TrainingTasks_ShareOfLabelsReplacedByOthers) {
  for (std::int64_t const pool : {0, 5}) {
    TaskSettings settings;
    settings.pool = pool;
    settings.components = {2, 4};
    settings.outliers = 0.1;
    TaskPrior const clean(settings);
    settings.label_noise = 0.3;
    TaskPrior const noisy(settings);
    std::map<std::uint64_t, std::vector<int>> seen;
    double n_replaced = 0, n_labels = 0;
    for (std::uint64_t id = 0; id < 1000; ++id) {
      Task a, b;
      clean.sample_training(1, id, a);
      noisy.sample_training(1, id, b);
      EXPECT_EQ(a.points, b.points);
      for (std::size_t i = 0; i < a.labels.size(); ++i) {
        if (a.labels[i] == outlier_label) {
          EXPECT_EQ(b.labels[i], outlier_label);
          continue;
        }
        EXPECT_GE(b.labels[i], 0);
        EXPECT_LT(b.labels[i], b.components());
        n_replaced += a.labels[i] != b.labels[i];
        n_labels += 1;
      }
      if (pool > 0) {
        EXPECT_EQ(seen.emplace(b.id, b.labels).first->second, b.labels);
      }
    }
    double const spread = pool > 0 ? std::sqrt(0.21 / (5 * 45)) : std::sqrt(0.21 / n_labels);
    EXPECT_NEAR(n_replaced / n_labels, 0.3, 4 * spread);
    EXPECT_EQ(noisy.sample(1, Purpose::evaluation_tasks, 7).labels,
              clean.sample(1, Purpose::evaluation_tasks, 7).labels);
  }
}

TEST(Pool, None_TrainingTasksAreFresh) {
  TaskPrior const prior{TaskSettings{}};
  Task task;
  prior.sample_training(1, 77, task);
  EXPECT_EQ(task.points, prior.sample(1, Purpose::training_tasks, 77).points);
}

/// value(task) of 10 000 tasks.
template <class F>
std::vector<double> values_of(TaskSettings const& settings, F const& value) {
  TaskPrior const prior(settings);
  std::vector<double> values;
  for (std::uint64_t id = 0; id < 10000; ++id)
    values.push_back(value(prior.sample(11, Purpose::probe, id)));
  return values;
}

double uniform_distribution(double x) { return 0.5 * (x + 1); }  // in [-1, 1]

/// Coordinate 0 of the first mean, over the scale.
std::vector<double> mean_coordinates(MeansKind means) {
  TaskSettings settings;
  settings.means = means;
  settings.dim = {3, 3};
  settings.points = {2, 2};
  return values_of(settings,
                   [&](Task const& task) { return task.mixture.means(0, 0) / settings.scale.low; });
}

TEST(Means, EveryKind_HasItsDistribution) {
  EXPECT_LT(kolmogorov_smirnov(mean_coordinates(MeansKind::gaussian), normal_distribution),
            kolmogorov_smirnov_limit);
  EXPECT_LT(kolmogorov_smirnov(mean_coordinates(MeansKind::uniform), uniform_distribution),
            kolmogorov_smirnov_limit);
  // A coordinate of a point on the sphere in three dimensions is uniform (Archimedes).
  EXPECT_LT(kolmogorov_smirnov(mean_coordinates(MeansKind::sphere), uniform_distribution),
            kolmogorov_smirnov_limit);
}

TEST(Means, SimplexEveryVertex_InAUniformDirection) {
  TaskSettings settings;
  settings.means = MeansKind::simplex;
  settings.separation = {4, 4};
  settings.dim = {3, 3};
  settings.components = {4, 4};
  settings.points = {2, 2};
  for (Eigen::Index j = 0; j < 4; ++j)
    for (Eigen::Index c = 0; c < 3; ++c) {
      auto const direction = [&](Task const& task) {
        return task.mixture.means(j, c) / task.mixture.means.row(j).norm();
      };
      EXPECT_LT(kolmogorov_smirnov(values_of(settings, direction), uniform_distribution),
                kolmogorov_smirnov_limit)
          << j << " " << c;
    }
}

TEST(Means, SeparatedOnALine_ConditionalDistribution) {
  // Two uniform means in [-1, 1] given a distance of at least 1: it has the density 2 (2 - t) on
  // [1, 2].
  TaskSettings settings;
  settings.means = MeansKind::uniform;
  settings.scale = {1, 1};
  settings.separation = {1, 1};
  settings.dim = {1, 1};
  settings.components = {2, 2};
  settings.points = {2, 2};
  auto const distances = values_of(settings, [](Task const& task) {
    return std::fabs(task.mixture.means(0, 0) - task.mixture.means(1, 0));
  });
  EXPECT_LT(kolmogorov_smirnov(distances, [](double t) { return 1 - (2 - t) * (2 - t); }),
            kolmogorov_smirnov_limit);
}

TEST(Weights, Dirichlet_MarginalBetaDistributions) {
  TaskSettings settings;
  settings.weights = WeightsKind::dirichlet;
  settings.points = {2, 2};
  auto const last_weight = [](Task const& task) { return task.mixture.weights[2]; };
  // Beta(1, 2).
  EXPECT_LT(kolmogorov_smirnov(values_of(settings, last_weight),
                               [](double w) { return 1 - (1 - w) * (1 - w); }),
            kolmogorov_smirnov_limit);
  // Beta(1/2, 1/2): the arcsine distribution.
  settings.components = {2, 2};
  settings.concentration = 0.5;
  auto const first_weight = [](Task const& task) { return task.mixture.weights[0]; };
  EXPECT_LT(kolmogorov_smirnov(values_of(settings, first_weight),
                               [](double w) { return std::asin(std::sqrt(w)) / std::asin(1.0); }),
            kolmogorov_smirnov_limit);
}

TEST(Sigma, RangePerTaskOrPerComponent_Uniform) {
  TaskSettings settings;
  settings.sigma = {0.5, 2};
  settings.points = {2, 2};
  for (auto const covariance : {CovarianceKind::shared, CovarianceKind::spherical}) {
    settings.covariance = covariance;
    auto const sigma = [](Task const& task) { return std::sqrt(task.mixture.variances[1]); };
    EXPECT_LT(
        kolmogorov_smirnov(values_of(settings, sigma), [](double s) { return (s - 0.5) / 1.5; }),
        kolmogorov_smirnov_limit);
  }
}

TEST(PriorProblems, SphericalWithOneSigmaOrRatioOne_SaysWhatToDo) {
  TaskSettings settings;
  settings.covariance = CovarianceKind::spherical;
  ASSERT_EQ(prior_problems(settings).size(), 1u);
  EXPECT_NE(prior_problems(settings)[0].find("task.sigma as a range"), std::string::npos);
  settings.covariance = CovarianceKind::full;
  EXPECT_TRUE(prior_problems(settings).empty());
  settings.eigenvalue_ratio = 1;
  EXPECT_EQ(prior_problems(settings).size(), 1u);
}

}  // namespace
}  // namespace tvem
