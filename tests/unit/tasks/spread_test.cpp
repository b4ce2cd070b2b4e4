#include "framework/tasks/spread.hpp"

#include <cmath>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "framework/tasks/prior.hpp"
#include "tests/support/kolmogorov_smirnov.hpp"

namespace tvem {
namespace {

using namespace test;

constexpr CovarianceKind covariances[] = {CovarianceKind::shared, CovarianceKind::spherical,
                                          CovarianceKind::tied, CovarianceKind::diagonal,
                                          CovarianceKind::full};
constexpr NoiseKind noises[] = {NoiseKind::gaussian, NoiseKind::student, NoiseKind::laplace};

TaskSettings settings_of(CovarianceKind covariance, NoiseKind noise, int dim = 3) {
  TaskSettings settings;
  settings.dim = {dim, dim};
  settings.covariance = covariance;
  settings.sigma =
      covariance == CovarianceKind::spherical ? Range<double>{0.5, 2.0} : Range<double>{1.5, 1.5};
  settings.eigenvalue_ratio = 16;
  settings.noise = noise;
  settings.degrees = 4;
  return settings;
}

Mixture mixture_of(CovarianceKind covariance, NoiseKind noise = NoiseKind::gaussian,
                   std::uint64_t id = 0) {
  return TaskPrior(settings_of(covariance, noise)).sample(1, Purpose::probe, id).mixture;
}

Eigen::VectorXd eigenvalues_of(RowMatrix const& covariance) {
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance).eigenvalues();
}

TEST(DrawCovariances, Matrices_HaveTheStatedEigenvalues) {
  for (auto const kind : {CovarianceKind::tied, CovarianceKind::diagonal, CovarianceKind::full})
    for (Eigen::Index j = 0; j < 3; ++j) {
      Eigen::VectorXd const values = eigenvalues_of(covariance_of(mixture_of(kind), j));
      // Ratio 16, with the mean 2.25.
      EXPECT_NEAR(values[0], 2.25 * 3 / 21, 1e-12) << name_of(kind);
      EXPECT_NEAR(values[1], 2.25 * 12 / 21, 1e-12);
      EXPECT_NEAR(values[2], 2.25 * 48 / 21, 1e-12);
    }
}

TEST(DrawCovariances, Kinds_AreEqualOrDiagonalAsTheirNamesSay) {
  auto const tied = mixture_of(CovarianceKind::tied), full = mixture_of(CovarianceKind::full),
             diagonal = mixture_of(CovarianceKind::diagonal),
             spherical = mixture_of(CovarianceKind::spherical),
             shared = mixture_of(CovarianceKind::shared);
  EXPECT_EQ(covariance_of(tied, 0), covariance_of(tied, 2));
  EXPECT_GT((covariance_of(full, 0) - covariance_of(full, 2)).norm(), 0.1);
  EXPECT_GT(std::fabs(covariance_of(tied, 0)(0, 1)), 1e-3);
  for (Eigen::Index j = 0; j < 3; ++j) {
    RowMatrix const covariance = covariance_of(diagonal, j);
    EXPECT_EQ(covariance, RowMatrix(covariance.diagonal().asDiagonal()));
  }
  EXPECT_EQ(covariance_of(shared, 1), RowMatrix(2.25 * RowMatrix::Identity(3, 3)));
  EXPECT_NE(spherical.variances[0], spherical.variances[1]);
}

TEST(DrawCovariances, DiagonalOrder_EveryAxisIsLongestEquallyOften) {
  Eigen::Vector3d counts = Eigen::Vector3d::Zero();
  for (std::uint64_t id = 0; id < 1000; ++id) {
    RowMatrix const covariance = covariance_of(mixture_of(CovarianceKind::diagonal, {}, id), 0);
    Eigen::Index longest = 0;
    covariance.diagonal().maxCoeff(&longest);
    counts[longest] += 1;
  }
  for (double const count : counts) EXPECT_NEAR(count, 1000 / 3.0, 4 * std::sqrt(1000 * 2 / 9.0));
}

TEST(DrawCovariances, FullDirections_AreUniform) {
  // The direction of the largest eigenvalue: a coordinate is uniform in [-1, 1] (Archimedes), up to
  // its sign.
  std::vector<double> coordinates;
  for (std::uint64_t id = 0; id < 2000; ++id) {
    RowMatrix const covariance = covariance_of(mixture_of(CovarianceKind::full, {}, id), 1);
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(covariance);
    coordinates.push_back(std::fabs(solver.eigenvectors()(1, 2)));
  }
  EXPECT_LT(kolmogorov_smirnov(coordinates, [](double x) { return x; }), kolmogorov_smirnov_limit);
}

/// n points of component 1, whitened by its covariance: they should have variance 1 each.
RowMatrix points_of(Mixture const& mixture, int n) {
  RandomStream random(3, Purpose::probe, 7);
  RowMatrix points(n, mixture.dim());
  for (int i = 0; i < n; ++i) draw_point(random, mixture, 1, points.row(i).data());
  return points;
}

TEST(DrawPoint, EveryCovarianceAndNoise_HasMeanAndCovarianceOfTheComponent) {
  int const n = 40000;
  for (auto const covariance : covariances)
    for (auto const noise : noises) {
      SCOPED_TRACE(testing::Message() << name_of(covariance) << " " << name_of(noise));
      TaskSettings settings = settings_of(covariance, noise);
      settings.degrees = 12;  // so that the fourth moments are finite, and small
      Mixture const mixture = TaskPrior(settings).sample(1, Purpose::probe, 0).mixture;
      RowMatrix const centred = points_of(mixture, n).rowwise() - mixture.means.row(1);
      RowMatrix const expected = covariance_of(mixture, 1);
      for (Eigen::Index a = 0; a < 3; ++a) {
        EXPECT_NEAR(centred.col(a).mean(), 0, 4 * std::sqrt(expected(a, a) / n));
        for (Eigen::Index b = 0; b <= a; ++b) {
          Eigen::ArrayXd const products = centred.col(a).array() * centred.col(b).array();
          double const variance = (products - products.mean()).square().mean();
          EXPECT_NEAR(products.mean(), expected(a, b), 4 * std::sqrt(variance / n));
        }
      }
    }
}

/// Of every coordinate of whitened points, the largest distance of its distribution.
template <class F>
double distance_from(CovarianceKind covariance, NoiseKind noise, F const& distribution) {
  Mixture const mixture = mixture_of(covariance, noise);
  Eigen::MatrixXd const factor = covariance_of(mixture, 1).llt().matrixL();
  Eigen::MatrixXd centred =
      (points_of(mixture, 20000).rowwise() - mixture.means.row(1)).transpose();
  factor.triangularView<Eigen::Lower>().solveInPlace(centred);
  double largest = 0;
  for (Eigen::Index c = 0; c < centred.rows(); ++c) {
    std::vector<double> const values(centred.row(c).begin(), centred.row(c).end());
    largest = std::max(largest, kolmogorov_smirnov(values, distribution));
  }
  return largest;
}

TEST(DrawPoint, EveryCovarianceAndNoise_HasItsDistributionAndNoOther) {
  double const limit = kolmogorov_smirnov_limit;
  for (auto const covariance : covariances) {
    SCOPED_TRACE(name_of(covariance));
    EXPECT_LT(distance_from(covariance, NoiseKind::gaussian, normal_distribution), limit);
    EXPECT_LT(distance_from(covariance, NoiseKind::student, student_4_distribution), limit);
    EXPECT_LT(distance_from(covariance, NoiseKind::laplace, laplace_distribution), limit);
    EXPECT_GT(distance_from(covariance, NoiseKind::student, normal_distribution), limit);
    EXPECT_GT(distance_from(covariance, NoiseKind::laplace, student_4_distribution), limit);
  }
}

TEST(DrawPoint, StudentCoordinates_ShareTheirScaleAndLaplaceOnesDoNot) {
  auto const correlation_of_squares = [](NoiseKind noise) {
    TaskSettings settings = settings_of(CovarianceKind::shared, noise);
    settings.degrees = 12;
    Mixture const mixture = TaskPrior(settings).sample(1, Purpose::probe, 0).mixture;
    RowMatrix const centred = points_of(mixture, 40000).rowwise() - mixture.means.row(1);
    Eigen::ArrayXd a = centred.col(0).array().square(), b = centred.col(1).array().square();
    a -= a.mean();
    b -= b.mean();
    return (a * b).mean() / std::sqrt(a.square().mean() * b.square().mean());
  };
  EXPECT_GT(correlation_of_squares(NoiseKind::student), 0.05);
  EXPECT_NEAR(correlation_of_squares(NoiseKind::laplace), 0, 0.03);
}

}  // namespace
}  // namespace tvem
