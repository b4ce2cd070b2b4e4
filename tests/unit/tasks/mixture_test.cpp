#include "framework/tasks/mixture.hpp"

#include <cmath>
#include <numbers>

#include <Eigen/LU>
#include <gtest/gtest.h>

#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

Mixture small_mixture() {
  Mixture mixture;
  mixture.weights.resize(3);
  mixture.weights << 0.5, 0.3, 0.2;
  mixture.means.resize(3, 2);
  mixture.means << 0, 0, 3, 1, -2, 4;
  mixture.variances.resize(3);
  mixture.variances << 1.0, 0.25, 4.0;
  return mixture;
}

TEST(WeightedLogDensities, SmallMixture_TheFormula) {
  Mixture const m = small_mixture();
  RowMatrix points(2, 2);
  points << 1, 2, -0.5, 0.25;
  RowMatrix const log_density = weighted_log_densities(m, points);
  ASSERT_EQ(log_density.rows(), 2);
  ASSERT_EQ(log_density.cols(), 3);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) {
      double const square = (points.row(i) - m.means.row(j)).squaredNorm();
      double const density = m.weights[j] / (2 * std::numbers::pi * m.variances[j]) *
                             std::exp(-square / (2 * m.variances[j]));
      EXPECT_NEAR(log_density(i, j), std::log(density), 1e-13);
    }
}

TEST(WeightedLogDensities, Dimension_EntersTheConstant) {
  Mixture mixture;
  mixture.weights = Eigen::VectorXd::Ones(1);
  mixture.variances = Eigen::VectorXd::Constant(1, 2.0);
  for (int d : {1, 2, 7}) {
    mixture.means = RowMatrix::Zero(1, d);
    EXPECT_NEAR(mean_log_likelihood(mixture, RowMatrix::Zero(1, d)),
                -0.5 * d * std::log(4 * std::numbers::pi), 1e-13);
  }
}

/// A mixture with full covariances and their inverses, made without the code under test.
struct FullMixture {
  Mixture mixture = small_mixture();
  std::vector<RowMatrix> covariances;

  explicit FullMixture(NoiseKind noise) {
    mixture.noise = noise;
    mixture.degrees = 5;
    mixture.factors = RowMatrix::Zero(6, 2);
    for (int j = 0; j < 3; ++j) {
      RowMatrix factor(2, 2);
      factor << 1 + j, 0, 0.5 - j, 0.7;
      mixture.factor(j) = factor;
      covariances.push_back(factor * factor.transpose());
    }
  }
};

TEST(WeightedLogDensities, FullCovariances_TheFormulas) {
  RowMatrix points(2, 2);
  points << 1, 2, -0.5, 0.25;
  for (auto const noise : {NoiseKind::gaussian, NoiseKind::student, NoiseKind::laplace}) {
    FullMixture const full(noise);
    Mixture const& m = full.mixture;
    RowMatrix const log_density = weighted_log_densities(m, points);
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 3; ++j) {
        Eigen::Vector2d const residual = (points.row(i) - m.means.row(j)).transpose();
        RowMatrix const& covariance = full.covariances[static_cast<std::size_t>(j)];
        double const square = residual.dot(covariance.inverse() * residual);
        double density = 0;
        if (noise == NoiseKind::gaussian) density = std::exp(-square / 2) / (2 * std::numbers::pi);
        // Student's t with 5 degrees and scale matrix covariance * 3 / 5, in 2 dimensions.
        if (noise == NoiseKind::student)
          density = std::tgamma(3.5) / (std::tgamma(2.5) * 3 * std::numbers::pi) *
                    std::pow(1 + square / 3, -3.5);
        if (noise == NoiseKind::laplace) {
          Eigen::Vector2d const e = m.factor(j).inverse() * residual;
          density = 0.5 * std::exp(-std::numbers::sqrt2 * e.cwiseAbs().sum());
        }
        density *= m.weights[j] / std::sqrt(covariance.determinant());
        EXPECT_NEAR(log_density(i, j), std::log(density), 1e-12) << name_of(noise);
      }
  }
}

TEST(WeightedLogDensities, IsotropicOrAsMatrices_TheSame) {
  RowMatrix points(2, 2);
  points << 1, 2, -0.5, 0.25;
  for (auto const noise : {NoiseKind::gaussian, NoiseKind::student, NoiseKind::laplace}) {
    Mixture m = small_mixture();
    m.noise = noise;
    m.degrees = 3;
    Mixture as_matrices = m;
    as_matrices.factors = RowMatrix::Zero(6, 2);
    for (int j = 0; j < 3; ++j)
      as_matrices.factor(j) = std::sqrt(m.variances[j]) * RowMatrix::Identity(2, 2);
    EXPECT_LT((weighted_log_densities(m, points) - weighted_log_densities(as_matrices, points))
                  .cwiseAbs()
                  .maxCoeff(),
              1e-12);
  }
}

TEST(Factorize, PositiveDefiniteOrNot) {
  RowMatrix matrix(3, 3);
  matrix << 4, 2, 1, 2, 5, 3, 1, 3, 6;
  RowMatrix factor = matrix;
  ASSERT_TRUE(factorize(factor));
  EXPECT_LT((factor * factor.transpose() - matrix).norm(), 1e-14);
  EXPECT_EQ(factor(0, 2), 0);
  matrix << 1, 2, 0, 2, 1, 0, 0, 0, 1;
  EXPECT_FALSE(factorize(matrix));
}

TEST(MeanLogLikelihood, OneComponent_ItsEntropyWithinFourStandardErrors) {
  // E log N(x; mu, s^2 I) = -d/2 (1 + log 2 pi s^2), variance of the log density d / 2.
  RandomStream random(1, Purpose::probe, 1);
  int const n = 20000, d = 3;
  RowMatrix points(n, d);
  for (double& x : points.reshaped()) x = 1.5 * random.normal();
  Mixture mixture;
  mixture.weights = Eigen::VectorXd::Ones(1);
  mixture.variances = Eigen::VectorXd::Constant(1, 2.25);
  mixture.means = RowMatrix::Zero(1, d);
  EXPECT_NEAR(mean_log_likelihood(mixture, points),
              -0.5 * d * (1 + std::log(2 * std::numbers::pi * 2.25)), 4 * std::sqrt(d / 2.0 / n));
}

TEST(LogSumExpRows, LargeAndEmptyValues_NoOverflowNoNan) {
  RowMatrix values(3, 2);
  values << 1000, 1000, -1000, -1001, -INFINITY, 3;
  Eigen::VectorXd const result = log_sum_exp_rows(values);
  EXPECT_NEAR(result[0], 1000 + std::log(2.0), 1e-12);
  EXPECT_NEAR(result[1], -1000 + std::log1p(std::exp(-1.0)), 1e-12);
  EXPECT_NEAR(result[2], 3, 1e-15);
}

TEST(ComponentProbabilities, SmallMixture_SharesOfTheWeightedDensities) {
  Mixture const mixture = small_mixture();
  RowMatrix points(3, 2);
  points << 0.1, 0, 3, 1.1, -1e3, 5e3;
  RowMatrix const probabilities = component_probabilities(mixture, points);
  RowMatrix const densities = weighted_log_densities(mixture, points).array().exp();
  for (Eigen::Index i = 0; i < 3; ++i) EXPECT_NEAR(probabilities.row(i).sum(), 1, 1e-14);
  for (Eigen::Index i = 0; i < 2; ++i)
    for (Eigen::Index j = 0; j < 3; ++j)
      EXPECT_NEAR(probabilities(i, j), densities(i, j) / densities.row(i).sum(), 1e-13);
}

TEST(MapLabels, SmallMixture_LargestPosteriorAndFirstOfEquals) {
  Mixture mixture = small_mixture();
  RowMatrix points(3, 2);
  points << 0.1, 0, 3, 1.1, -2, 5;
  EXPECT_EQ(map_labels(mixture, points), (std::vector<int>{0, 1, 2}));
  mixture.means.row(1) = mixture.means.row(0);
  mixture.weights << 0.4, 0.4, 0.2;
  mixture.variances << 1, 1, 1;
  EXPECT_EQ(map_labels(mixture, points.topRows(1)), (std::vector<int>{0}));
  mixture.weights << 0.0, 0.8, 0.2;
  EXPECT_EQ(map_labels(mixture, points.topRows(1)), (std::vector<int>{1}));
}

}  // namespace
}  // namespace tvem
