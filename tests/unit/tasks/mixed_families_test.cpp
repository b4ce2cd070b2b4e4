// Tasks that are each of one of several families.
#include <cmath>

#include <gtest/gtest.h>

#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

TaskSettings three_families() {
  TaskSettings plain, many_points, heavy_tails;
  many_points.points = {200, 200};
  heavy_tails.noise = NoiseKind::student;
  TaskSettings mixed;
  mixed.points = {50, 200};
  mixed.family = {"plain", "many", "heavy"};
  mixed.families = {{"plain", plain}, {"many", many_points}, {"heavy", heavy_tails}};
  return mixed;
}

TEST(MixedFamilies, EachFamily_AsOften) {
  TaskPrior const prior(three_families());
  int const n_tasks = 3000;
  std::vector<int> counts(3);
  for (std::uint64_t id = 0; id < n_tasks; ++id)
    ++counts.at(static_cast<std::size_t>(prior.sample(1, Purpose::training_tasks, id).family));
  for (int const count : counts) EXPECT_NEAR(count, 1000, 4 * std::sqrt(n_tasks * 2 / 9.0));
}

TEST(MixedFamilies, ATask_IsThatOfItsFamilyAlone) {
  TaskSettings const mixed = three_families();
  TaskPrior const prior(mixed);
  for (std::uint64_t id = 0; id < 100; ++id) {
    Task const task = prior.sample(4, Purpose::evaluation_tasks, id);
    TaskPrior const alone(family_of(mixed, task.family));
    Task const same = alone.sample(4, Purpose::evaluation_tasks, id);
    EXPECT_EQ(task.points, same.points);
    EXPECT_EQ(task.labels, same.labels);
    EXPECT_EQ(task.n_points(), task.family == 1 ? 200 : 50);
  }
}

/// Memory of a task is used again: nothing of a task of another family may remain in it.
TEST(MixedFamilies, MemoryOfOtherFamilies_LeavesNothing) {
  TaskSettings plain, spherical, full, diagonal, outliers;
  spherical.covariance = CovarianceKind::spherical;
  spherical.sigma = {0.5, 2};
  full.covariance = CovarianceKind::full;
  full.dim = {3, 3};
  diagonal.covariance = CovarianceKind::diagonal;
  diagonal.weights = WeightsKind::dirichlet;
  outliers.outliers = 0.2;
  outliers.noise = NoiseKind::student;
  outliers.components = {5, 5};
  TaskSettings mixed;
  mixed.dim = {2, 3};
  mixed.components = {3, 5};
  mixed.family = {"plain", "spherical", "full", "diagonal", "outliers"};
  mixed.families = {{"plain", plain},
                    {"spherical", spherical},
                    {"full", full},
                    {"diagonal", diagonal},
                    {"outliers", outliers}};
  TaskPrior const prior(mixed);
  Task used;
  for (std::uint64_t id = 0; id < 100; ++id) {
    prior.sample(4, Purpose::evaluation_tasks, id, used);
    Task const fresh = prior.sample(4, Purpose::evaluation_tasks, id);
    EXPECT_EQ(used.family, fresh.family);
    EXPECT_EQ(used.points, fresh.points) << mixed.family[static_cast<std::size_t>(used.family)];
    EXPECT_EQ(used.labels, fresh.labels);
    EXPECT_EQ(used.mixture.weights, fresh.mixture.weights);
    EXPECT_EQ(used.mixture.means, fresh.mixture.means);
    EXPECT_EQ(used.mixture.variances.size(), fresh.mixture.variances.size());
    EXPECT_EQ(used.mixture.factors.size(), fresh.mixture.factors.size());
    EXPECT_EQ(used.mixture.degrees, fresh.mixture.degrees);
  }
}

TEST(MixedFamilies, Choice_DependsOnSeedPurposeAndId) {
  TaskPrior const prior(three_families());
  auto const families = [&](std::uint64_t seed, Purpose purpose) {
    std::vector<int> drawn;
    for (std::uint64_t id = 0; id < 50; ++id)
      drawn.push_back(prior.sample(seed, purpose, id).family);
    return drawn;
  };
  auto const drawn = families(1, Purpose::training_tasks);
  EXPECT_EQ(drawn, families(1, Purpose::training_tasks));
  EXPECT_NE(drawn, families(2, Purpose::training_tasks));
  EXPECT_NE(drawn, families(1, Purpose::evaluation_tasks));
}

TEST(MixedFamilies, Pool_HasTasksOfAllFamilies) {
  TaskSettings settings = three_families();
  settings.pool = 30;
  TaskPrior const prior(settings);
  Task task;
  std::vector<int> counts(3);
  for (std::uint64_t id = 0; id < 300; ++id) {
    prior.sample_training(1, id, task);
    ++counts.at(static_cast<std::size_t>(task.family));
    EXPECT_EQ(task.points, prior.sample(settings.pool_seed, Purpose::pool_tasks, task.id).points);
  }
  for (int const count : counts) EXPECT_GT(count, 0);
}

TEST(FamilyNames, NoFamily_IsCalledNone) {
  EXPECT_EQ(family_names(TaskSettings{}), std::vector<std::string>{"none"});
  EXPECT_EQ(family_names(three_families()), (std::vector<std::string>{"plain", "many", "heavy"}));
  EXPECT_TRUE(is_family_name("heavy_tails-3"));
  for (auto const* const name : {"", "heavy tails", "a,b", "a.b", "a&b"})
    EXPECT_FALSE(is_family_name(name)) << name;
}

}  // namespace
}  // namespace tvem
