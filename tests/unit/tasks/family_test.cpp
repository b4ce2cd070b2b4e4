// Outliers, held-out points, the fixed pool, and distributions of the means.
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "support/kolmogorov_smirnov.hpp"
#include "tvem/core/error.hpp"
#include "tvem/tasks/prior.hpp"

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

TEST(Pool, None_TrainingTasksAreFresh) {
  TaskPrior const prior{TaskSettings{}};
  Task task;
  prior.sample_training(1, 77, task);
  EXPECT_EQ(task.points, prior.sample(1, Purpose::training_tasks, 77).points);
}

/// Coordinate 0 of the first mean of 10 000 tasks, over the scale.
std::vector<double> mean_coordinates(MeansKind means) {
  TaskSettings settings;
  settings.means = means;
  settings.dim = {3, 3};
  settings.points = {2, 2};
  TaskPrior const prior(settings);
  std::vector<double> values;
  for (std::uint64_t id = 0; id < 10000; ++id)
    values.push_back(prior.sample(11, Purpose::probe, id).mixture.means(0, 0) / settings.scale);
  return values;
}

TEST(Means, EveryKind_HasItsDistribution) {
  auto const uniform = [](double x) { return 0.5 * (x + 1); };
  EXPECT_LT(kolmogorov_smirnov(mean_coordinates(MeansKind::gaussian), normal_distribution),
            kolmogorov_smirnov_limit);
  EXPECT_LT(kolmogorov_smirnov(mean_coordinates(MeansKind::uniform), uniform),
            kolmogorov_smirnov_limit);
  // A coordinate of a point on the sphere in three dimensions is uniform (Archimedes).
  EXPECT_LT(kolmogorov_smirnov(mean_coordinates(MeansKind::sphere), uniform),
            kolmogorov_smirnov_limit);
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
