// The reference lines of every task family against numerical integration: with the true parameters,
// the mean log-likelihood per point is the integral of p log p, and the raw Bayes error is one
// minus the integral of max_j pi_j p_j.
#include <cmath>

#include <gtest/gtest.h>

#include "framework/metrics/bayes.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

struct Reference {
  double log_likelihood, bayes_error, mass;
};

/// By the midpoint rule on a square grid, in two dimensions.
Reference integrate(Mixture const& mixture) {
  double const half_width = 40, step = 0.05;
  auto const n = static_cast<Eigen::Index>(2 * half_width / step);
  Reference reference{0, 1, 0};
  RowMatrix row(n, 2);
  for (Eigen::Index a = 0; a < n; ++a) {
    for (Eigen::Index b = 0; b < n; ++b)
      row.row(b) << -half_width + (static_cast<double>(a) + 0.5) * step,
          -half_width + (static_cast<double>(b) + 0.5) * step;
    RowMatrix const log_density = weighted_log_densities(mixture, row);
    Eigen::VectorXd const total = log_sum_exp_rows(log_density);
    for (Eigen::Index b = 0; b < n; ++b) {
      double const density = std::exp(total[b]) * step * step;
      reference.mass += density;
      reference.log_likelihood += density > 0 ? density * total[b] : 0;
      reference.bayes_error -= std::exp(log_density.row(b).maxCoeff()) * step * step;
    }
  }
  return reference;
}

struct Family {
  CovarianceKind covariance;
  NoiseKind noise;
};

class BayesFamiliesTest : public testing::TestWithParam<Family> {};
INSTANTIATE_TEST_SUITE_P(
    All, BayesFamiliesTest, testing::ValuesIn([] {
      std::vector<Family> families;
      for (auto const covariance :
           {CovarianceKind::shared, CovarianceKind::spherical, CovarianceKind::tied,
            CovarianceKind::diagonal, CovarianceKind::full})
        for (auto const noise : {NoiseKind::gaussian, NoiseKind::student, NoiseKind::laplace})
          families.push_back({covariance, noise});
      return families;
    }()),
    [](auto const& c) {
      return std::string(name_of(c.param.covariance)) + "_" + std::string(name_of(c.param.noise));
    });

TEST_P(BayesFamiliesTest, TrueParameters_AgreeWithIntegrationWithinFourStandardErrors) {
  TaskSettings settings;
  settings.covariance = GetParam().covariance;
  settings.noise = GetParam().noise;
  settings.weights = WeightsKind::dirichlet;
  settings.concentration = 3;
  settings.scale = {1.5, 1.5};
  settings.degrees = 4.5;
  settings.sigma = settings.covariance == CovarianceKind::spherical ? Range<double>{0.7, 1.4}
                                                                    : Range<double>{1, 1};
  settings.eigenvalue_ratio = 4;
  settings.points = {20000, 20000};
  settings.outliers = 0.1;
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 3);
  Reference const reference = integrate(task.mixture);
  EXPECT_NEAR(reference.mass, 1, 2e-4);

  RowMatrix const held_out = sample_held_out(1, task);
  auto const n = static_cast<double>(held_out.rows());
  Eigen::ArrayXd const log_density =
      log_sum_exp_rows(weighted_log_densities(task.mixture, held_out));
  double const deviation = std::sqrt((log_density - log_density.mean()).square().mean());
  EXPECT_NEAR(mean_log_likelihood(task.mixture, held_out), reference.log_likelihood,
              4 * deviation / std::sqrt(n));

  // Outliers are among the points and not in the error.
  double const error = labelled_error(task.labels, map_labels(task.mixture, task.points));
  double const n_labelled = 0.9 * n;
  EXPECT_NEAR(error, reference.bayes_error,
              4 * std::sqrt(reference.bayes_error * (1 - reference.bayes_error) / n_labelled));
}

TEST(SimplexBayesError, ThreeComponentsInThePlane_AgreesWithIntegration) {
  TaskSettings settings;
  settings.means = MeansKind::simplex;
  settings.components = {3, 3};
  for (double const separation : {1.0, 3.0}) {
    settings.separation = {separation, separation};
    Task const task = TaskPrior(settings).sample(1, Purpose::probe, 0);
    EXPECT_NEAR(integrate(task.mixture).bayes_error, simplex_bayes_error(3, separation), 1e-4);
  }
}

}  // namespace
}  // namespace tvem
