#include "framework/estimators/passes/ratio_constraint.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "framework/core/random.hpp"
#include "framework/estimators/em.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

double cost_of(std::vector<WeighedVariance> const& variances, double ratio, double m) {
  double cost = 0;
  for (auto const& [variance, mass] : variances) {
    double const v = std::clamp(variance, m, ratio * m);
    cost += mass * (std::log(v) + variance / v);
  }
  return cost;
}

/// No m of a fine grid is better, and all variances are within the interval of one m.
TEST(ConstrainRatio, RandomVariances_NoOtherIntervalIsBetter) {
  for (std::uint64_t id = 0; id < 200; ++id) {
    RandomStream random(1, Purpose::probe, id);
    std::vector<WeighedVariance> variances;
    for (int i = random.integer(1, 6); i >= 0; --i)
      variances.push_back({std::exp(random.uniform(-6, 3)), random.uniform(1, 20)});
    if (id % 10 == 0) variances[0].variance = 0;
    double const ratio = id % 7 == 0 ? 1 : std::exp(random.uniform(0, 3));
    double const floor = id % 3 == 0 ? std::exp(random.uniform(-8, 1)) : 1e-6;
    auto bounded = variances;
    constrain_ratio(ratio, floor, bounded);
    double low = 1e300, high = 0, cost = 0;
    for (std::size_t i = 0; i < variances.size(); ++i) {
      low = std::min(low, bounded[i].variance);
      high = std::max(high, bounded[i].variance);
      cost += variances[i].mass *
              (std::log(bounded[i].variance) + variances[i].variance / bounded[i].variance);
    }
    EXPECT_GE(low, floor);
    EXPECT_LE(high, ratio * low * (1 + 1e-12));
    for (double m = floor; m < 100; m *= 1.01)
      EXPECT_GE(cost_of(variances, ratio, m), cost - 1e-9 * std::fabs(cost)) << id << " " << m;
  }
}

TEST(ConstrainRatio, WithinTheRatio_BitsUnchanged) {
  std::vector<WeighedVariance> variances{{0.3, 4}, {1.7, 2}, {0.9, 11}};
  constrain_ratio(6, 1e-3, variances);
  EXPECT_EQ(variances[0].variance, 0.3);
  EXPECT_EQ(variances[1].variance, 1.7);
  EXPECT_EQ(variances[2].variance, 0.9);
}

double largest_ratio(Mixture const& mixture) {
  double low = 1e300, high = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(covariance_of(mixture, j));
    low = std::min(low, solver.eigenvalues().minCoeff());
    high = std::max(high, solver.eigenvalues().maxCoeff());
  }
  return high / low;
}

/// Every M-step maximises under the bound: the likelihood never falls once it is met, and no
/// restart needs to be passed over.
TEST(ConstrainedEm, EveryCovariance_TheRatioIsKeptAndTheLikelihoodNeverFalls) {
  TaskPrior const prior(TaskSettings{});
  for (auto const covariance :
       {CovarianceKind::spherical, CovarianceKind::diagonal, CovarianceKind::full})
    for (double const ratio : {1.0, 4.0, 30.0})
      for (std::uint64_t id = 0; id < 30; ++id) {
        Task const task = prior.sample(1, Purpose::probe, id);
        EmSettings settings;
        settings.covariance = covariance;
        settings.ratio = RatioRule::constrain;
        settings.ratio_limit = ratio;
        settings.trace = 100;
        Fit const fit = em_with_restarts(task.points, 3, settings, 1, id);
        EXPECT_NE(fit.status, FitStatus::beyond_ratio_limit);
        EXPECT_LE(largest_ratio(fit.mixture), ratio * (1 + 1e-8)) << name_of(covariance);
        if (fit.n_dead > 0) continue;
        // The start has one variance for all, and so is within the bound.
        for (std::size_t t = 1; t < fit.trace.size(); ++t)
          EXPECT_GE(fit.trace[t].log_likelihood, fit.trace[t - 1].log_likelihood - 1e-10)
              << name_of(covariance) << " " << ratio << " " << id << " " << t;
      }
}

/// A ratio of 1 between spherical covariances is one variance for all.
TEST(ConstrainedEm, RatioOne_SharedVariance) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 4);
  EmSettings constrained, shared;
  constrained.covariance = CovarianceKind::spherical;
  constrained.ratio = RatioRule::constrain;
  constrained.ratio_limit = 1;
  Fit const a = em_with_restarts(task.points, 3, constrained, 1, 1);
  Fit const b = em_with_restarts(task.points, 3, shared, 1, 1);
  EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-9);
  EXPECT_EQ(a.labels, b.labels);
}

}  // namespace
}  // namespace tvem
