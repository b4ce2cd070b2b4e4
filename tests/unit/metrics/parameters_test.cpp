#include "framework/metrics/parameters.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

Task four_components(CovarianceKind covariance) {
  TaskSettings settings;
  settings.components = {4, 4};
  settings.dim = {3, 3};
  settings.points = {400, 400};
  settings.covariance = covariance;
  settings.weights = WeightsKind::dirichlet;
  settings.concentration = 5;
  settings.separation = {3, 3};
  if (covariance == CovarianceKind::spherical) settings.sigma = {0.5, 2};
  return TaskPrior(settings).sample(1, Purpose::probe, 0);
}

/// The mixture with component a under the name order[a].
Mixture renamed(Mixture const& mixture, std::vector<int> const& order) {
  Mixture result = mixture;
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto const a = static_cast<Eigen::Index>(i);
    Eigen::Index const b = order[i];
    result.weights[b] = mixture.weights[a];
    result.means.row(b) = mixture.means.row(a);
    if (mixture.is_isotropic())
      result.variances[b] = mixture.variances[a];
    else
      result.factor(b) = mixture.factor(a);
  }
  return result;
}

TEST(AlignMeans, RenamedAndMoved_NearestMeansAndZeroForTheTruth) {
  Task const task = four_components(CovarianceKind::full);
  std::vector<int> order{0, 1, 2, 3};
  do {
    Mixture estimate = renamed(task.mixture, order);
    auto const alignment = align_means(task.mixture, estimate);
    EXPECT_EQ(alignment, order);
    EXPECT_EQ(parameter_distance(task.mixture, estimate, alignment).means, 0);
    estimate.means.row(order[2]).array() += 0.1;
    EXPECT_EQ(align_means(task.mixture, estimate), order);
  } while (std::next_permutation(order.begin(), order.end()));
  Mixture fewer = task.mixture;
  fewer.weights = Eigen::VectorXd::Constant(2, 0.5);
  fewer.means = task.mixture.means(std::vector<int>{3, 1}, Eigen::all).eval();
  auto const alignment = align_means(task.mixture, fewer);
  EXPECT_EQ(alignment[3], 0);
  EXPECT_EQ(alignment[1], 1);
  fewer.means *= 1e200;  // squares are beyond the largest double
  EXPECT_EQ(align_means(task.mixture, fewer).size(), 4u);
}

TEST(ParameterDistance, All24PermutationsOfFour_ZeroAndInvertedAlignmentIsNot) {
  for (auto const covariance :
       {CovarianceKind::spherical, CovarianceKind::diagonal, CovarianceKind::full}) {
    Task const task = four_components(covariance);
    std::vector<int> order{0, 1, 2, 3};
    do {
      Mixture const estimate = renamed(task.mixture, order);
      auto const alignment = align_labels(task.labels, map_labels(estimate, task.points), 4);
      EXPECT_EQ(alignment, order);
      ParameterDistance const distance = parameter_distance(task.mixture, estimate, alignment);
      EXPECT_EQ(distance.means, 0);
      EXPECT_EQ(distance.weights, 0);
      EXPECT_EQ(distance.covariances, 0);
      std::vector<int> inverse(4);
      for (std::size_t a = 0; a < 4; ++a)
        inverse[static_cast<std::size_t>(order[a])] = static_cast<int>(a);
      if (inverse == order) continue;
      ParameterDistance const wrong = parameter_distance(task.mixture, estimate, inverse);
      EXPECT_GT(wrong.means, 0.1);
      EXPECT_GT(wrong.weights, 1e-6);
      // Diagonal ones have the same eigenvalues, by chance in the same order too.
      if (covariance != CovarianceKind::diagonal) {
        EXPECT_GT(wrong.covariances, 1e-3);
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(ParameterDistance, KnownDifferences_TheirSquares) {
  Mixture truth;
  truth.weights.resize(2);
  truth.weights << 0.25, 0.75;
  truth.means.resize(2, 2);
  truth.means << 0, 0, 10, 0;
  truth.variances.resize(2);
  truth.variances << 1, 4;
  Mixture estimate = truth;
  estimate.weights << 0.5, 0.5;
  estimate.means << 3, 4, 10, 1;
  estimate.variances << 2, 4;
  ParameterDistance const distance = parameter_distance(truth, estimate, std::vector<int>{0, 1});
  EXPECT_DOUBLE_EQ(distance.means, (25 + 1) / 2.0);
  EXPECT_DOUBLE_EQ(distance.weights, 2 * 0.0625);
  EXPECT_DOUBLE_EQ(distance.covariances, 2 * 1.0 / 2);  // |I - 2 I|^2 = 2 in the plane
}

TEST(ParameterDistance, WrongNumberOfComponents_PairsAlone) {
  Task const task = four_components(CovarianceKind::shared);
  Mixture three = task.mixture;
  three.weights.resize(3);
  three.weights << task.mixture.weights[2], task.mixture.weights[0], 1;
  three.weights[2] = 1 - three.weights[0] - three.weights[1];
  three.means.resize(3, 3);
  three.means.row(0) = task.mixture.means.row(2);
  three.means.row(1) = task.mixture.means.row(0);
  three.means.row(2) = task.mixture.means.row(1);
  three.variances = task.mixture.variances.head(3);
  auto const alignment = align_labels(task.labels, map_labels(three, task.points), 4);
  ParameterDistance const fewer = parameter_distance(task.mixture, three, alignment);
  EXPECT_EQ(alignment[0], 1);
  EXPECT_EQ(alignment[2], 0);
  // Components 1 and 3 share the estimated component 2; one of them has no partner.
  EXPECT_EQ(alignment[1] + alignment[3], 2 + 3);
  double const missing = task.mixture.weights[alignment[1] == 2 ? 3 : 1];
  double const excess = three.weights[2] - task.mixture.weights[alignment[1] == 2 ? 1 : 3];
  EXPECT_NEAR(fewer.weights, missing * missing + excess * excess, 1e-14);
  if (alignment[1] == 2) {
    EXPECT_EQ(fewer.means, 0);
  }

  ParameterDistance const more =
      parameter_distance(three, task.mixture, std::vector<int>{2, 0, 1, 3});
  EXPECT_EQ(more.means, 0);
  EXPECT_GT(more.weights, 0);
  EXPECT_THROW(parameter_distance(three, task.mixture, std::vector<int>{2, 0, 1}), CheckFailed);
}

}  // namespace
}  // namespace tvem
