// The vectorised passes against plain loops, on every instruction set and in both precisions.
#include "framework/estimators/passes/point_passes.hpp"

#include <gtest/gtest.h>

#include "framework/estimators/em.hpp"
#include "framework/estimators/passes/matrix_passes.hpp"
#include "framework/tasks/prior.hpp"
#include "tests/support/instruction_sets.hpp"
#include "tests/unit/estimators/em_testing.hpp"
#include "tests/unit/estimators/plain_em.hpp"

namespace tvem::test {
namespace {

struct Size {
  int n, d, k;
};
// One point, around a block's end, around the 4096 points of a total, odd dimensions.
std::vector<Size> const sizes{{1, 1, 1},   {7, 2, 3},   {63, 3, 2},  {64, 5, 4},   {65, 1, 5},
                              {100, 2, 3}, {200, 4, 4}, {330, 9, 7}, {4096, 2, 2}, {4161, 3, 3}};

Task task_of(Size size, double offset = 0) {
  TaskSettings settings;
  settings.points = {size.n, size.n};
  settings.dim = {size.d, size.d};
  settings.components = {size.k, size.k};
  Task task = TaskPrior(settings).sample(3, Purpose::probe, static_cast<std::uint64_t>(size.n));
  task.points.array() += offset;
  task.mixture.means.array() += offset;
  return task;
}

/// The truth moved, with different weights and variances.
Mixture start_of(Task const& task, CovarianceKind covariance) {
  Mixture start = task.mixture;
  for (Eigen::Index j = 0; j < start.components(); ++j) {
    start.means.row(j).array() += 0.4 * static_cast<double>(j % 3 - 1);
    start.weights[j] = 1.0 + static_cast<double>(j % 2);
    if (covariance == CovarianceKind::spherical)
      start.variances[j] *= 0.6 + 0.5 * static_cast<double>(j % 3);
  }
  start.weights /= start.weights.sum();
  return start;
}

void expect_close(Mixture const& a, Mixture const& b, double tolerance) {
  EXPECT_LT((a.weights - b.weights).cwiseAbs().maxCoeff(), tolerance);
  EXPECT_LT((a.means - b.means).cwiseAbs().maxCoeff(),
            tolerance * (1 + b.means.cwiseAbs().maxCoeff()));
  EXPECT_LT(((a.variances - b.variances).array() / b.variances.array()).abs().maxCoeff(),
            tolerance);
}

TEST(EmStep, AllSizes_AsPlainLoops) {
  for (Size const size : sizes)
    for (auto const covariance : {CovarianceKind::shared, CovarianceKind::spherical})
      for (auto const set : present_instruction_sets()) {
        WithInstructionSet const in_use(set);
        SCOPED_TRACE(testing::Message() << size.n << " " << size.d << " " << size.k << " "
                                        << name_of(set) << " " << name_of(covariance));
        Task const task = task_of(size);
        double const floor = 1e-3 * mean_variance(task.points) + 1e-9;
        Mixture plain = start_of(task, covariance), fused = plain;
        for (int step = 0; step < 5; ++step) {
          double const expected = plain_em_step(task.points, covariance, floor, plain);
          EXPECT_NEAR(em_step(task.points, covariance, floor, fused), expected, 1e-12);
        }
        expect_close(fused, plain, 1e-11);
      }
}

TEST(EmFrom, SinglePrecision_WithinItsRoundingOfDouble) {
  // Far from the origin too: float keeps the digits since the points' mean is taken off.
  for (double const offset : {0.0, 1e4})
    for (Size const size : sizes)
      for (auto const set : present_instruction_sets()) {
        WithInstructionSet const in_use(set);
        if (size.n < 50) continue;
        SCOPED_TRACE(testing::Message() << offset << " " << size.n << " " << name_of(set));
        Task const task = task_of(size, offset);
        EmSettings settings;
        settings.max_iterations = 5;
        settings.tolerance = 0;
        Fit const exact = em_from(task.points, start_of(task, settings.covariance), settings);
        settings.precision = PrecisionKind::single_precision;
        Fit const fit = em_from(task.points, start_of(task, settings.covariance), settings);
        expect_close(fit.mixture, exact.mixture, 2e-5);
        EXPECT_NEAR(fit.log_likelihood, exact.log_likelihood, 1e-5);
        EXPECT_NE(fit.log_likelihood, exact.log_likelihood) << "was it computed in float?";
      }
}

TEST(EmFrom, LogLikelihoodAndLabels_ThoseOfTheMixture) {
  for (Size const size : sizes) {
    Task const task = task_of(size);
    Fit const fit = em_from(task.points, start_of(task, CovarianceKind::shared), EmSettings{});
    EXPECT_NEAR(fit.log_likelihood, mean_log_likelihood(fit.mixture, task.points), 1e-11);
    EXPECT_EQ(fit.labels, map_labels(fit.mixture, task.points));
  }
}

TEST(PointPasses, ComponentOfWeightZero_TakesNoPart) {
  Task const task = task_of({100, 2, 3});
  Mixture mixture = task.mixture, without;
  mixture.weights << 0.5, 0.5, 0;
  without.weights = mixture.weights.head(2);
  without.means = mixture.means.topRows(2);
  without.variances = mixture.variances.head(2);
  for (auto const set : present_instruction_sets()) {
    WithInstructionSet const in_use(set);
    PointPasses<double> passes(task.points);
    EXPECT_NEAR(passes.expectation(mixture), mean_log_likelihood(without, task.points), 1e-13);
    EXPECT_LT(passes.mass(2), 1e-200);
    auto const labels = passes.labels();
    EXPECT_EQ(std::count(labels.begin(), labels.end(), 2), 0);
  }
}

/// All that a pass over the points says, as bits.
template <class Passes>
std::vector<double> results_of(Passes& passes, Mixture const& mixture) {
  std::vector<double> values{passes.expectation(mixture)};
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    Eigen::VectorXd mean(mixture.dim());
    values.push_back(passes.mass(j));
    if constexpr (std::is_same_v<Passes, MatrixPasses>) {
      RowMatrix scatter(mixture.dim(), mixture.dim());
      passes.moments(j, mean.data(), scatter);
      values.insert(values.end(), scatter.data(), scatter.data() + scatter.size());
    } else {
      values.push_back(passes.weighted_mean(j, mean.data()));
    }
    values.insert(values.end(), mean.begin(), mean.end());
  }
  for (int const label : passes.labels()) values.push_back(label);
  return values;
}

template <class Passes>
class PassesTest : public testing::Test {};
using AllPasses = testing::Types<PointPasses<float>, PointPasses<double>, MatrixPasses>;
TYPED_TEST_SUITE(PassesTest, AllPasses);

TYPED_TEST(PassesTest, EveryInstructionSet_SameBits) {
  for (Size const size : sizes) {
    Task const task = task_of(size);
    Mixture mixture = start_of(task, CovarianceKind::spherical);
    if constexpr (std::is_same_v<TypeParam, MatrixPasses>) {
      mixture = with_factors(mixture);
      for (int j = 0; j < mixture.components(); ++j)
        for (int c = 1; c < mixture.dim(); ++c) mixture.factor(j)(c, c - 1) = 0.3;
    }
    std::vector<double> expected;
    for (auto const set : present_instruction_sets()) {
      WithInstructionSet const in_use(set);
      TypeParam passes(task.points);
      auto const found = results_of(passes, mixture);
      if (expected.empty()) expected = found;
      EXPECT_EQ(found, expected) << size.n << " " << size.d << " " << name_of(set);
    }
  }
}

template <class T>
class NearestTest : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(NearestTest, Precisions);

TYPED_TEST(NearestTest, AllSizes_LabelsSumsAndCountsOfPlainLoops) {
  for (Size const size : sizes)
    for (auto const set : present_instruction_sets()) {
      WithInstructionSet const in_use(set);
      SCOPED_TRACE(testing::Message() << size.n << " " << size.d << " " << name_of(set));
      Task const task = task_of(size);
      RowMatrix const means = start_of(task, CovarianceKind::shared).means;
      PointPasses<TypeParam> passes(task.points);
      EXPECT_TRUE(passes.nearest(means) || size.k == 1);
      EXPECT_FALSE(passes.nearest(means));
      std::vector<int> expected;
      RowMatrix sums = RowMatrix::Zero(size.k, size.d);
      std::vector<int> counts(static_cast<std::size_t>(size.k));
      double square_sum = 0;
      for (Eigen::Index i = 0; i < size.n; ++i) {
        Eigen::Index best = 0;
        square_sum +=
            (means.rowwise() - task.points.row(i)).rowwise().squaredNorm().minCoeff(&best);
        expected.push_back(static_cast<int>(best));
        ++counts[static_cast<std::size_t>(best)];
        sums.row(best) += task.points.row(i);
      }
      EXPECT_EQ(passes.labels(), expected);
      double const tolerance = sizeof(TypeParam) == 4 ? 1e-5 : 1e-13;
      EXPECT_NEAR(passes.nearest_square_sum(), square_sum, tolerance * square_sum);
      for (Eigen::Index j = 0; j < size.k; ++j) {
        EXPECT_EQ(passes.count(j), counts[static_cast<std::size_t>(j)]);
        if (passes.count(j) == 0) continue;
        Eigen::RowVectorXd mean(size.d);
        passes.label_mean(j, mean.data());
        EXPECT_LT((mean - sums.row(j) / passes.count(j)).cwiseAbs().maxCoeff(), 30 * tolerance);
      }
    }
}

TYPED_TEST(NearestTest, PointBetweenTwoMeans_GoesToTheFirst) {
  RowMatrix points(3, 1), means(3, 1);
  points << 0, 1, -3;
  means << 1, -1, 1;
  for (auto const set : present_instruction_sets()) {
    WithInstructionSet const in_use(set);
    PointPasses<TypeParam> passes(points);
    passes.nearest(means);
    EXPECT_EQ(passes.labels(), (std::vector<int>{0, 0, 1}));
    EXPECT_NEAR(passes.nearest_square_sum(), 1 + 0 + 4, 1e-5);
  }
}

TEST(Lloyd, SinglePrecision_LabelsOfDouble) {
  int n_different = 0;
  for (std::uint64_t id = 0; id < 100; ++id) {
    Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, id);
    EmSettings settings;
    Fit const exact = lloyd_with_restarts(task.points, 3, settings, 1, id);
    settings.precision = PrecisionKind::single_precision;
    n_different += lloyd_with_restarts(task.points, 3, settings, 1, id).labels != exact.labels;
  }
  EXPECT_LE(n_different, 1) << "only a near tie may go the other way";
}

}  // namespace
}  // namespace tvem::test
