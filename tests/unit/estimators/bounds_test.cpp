// What keeps EM from spurious maxima of the likelihood, and what it does when a step fails.
#include <cmath>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "framework/estimators/estimator.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/tasks/spread.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

constexpr CovarianceKind every_covariance[] = {CovarianceKind::shared, CovarianceKind::spherical,
                                               CovarianceKind::tied, CovarianceKind::diagonal,
                                               CovarianceKind::full};

/// Of a mixture, between components and directions.
struct Variances {
  double smallest = INFINITY, largest = 0;
  double ratio() const { return largest / smallest; }
};

Variances variances_of(Mixture const& mixture) {
  Variances variances;
  for (int j = 0; j < mixture.components(); ++j) {
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(covariance_of(mixture, j));
    variances.smallest = std::fmin(variances.smallest, solver.eigenvalues().minCoeff());
    variances.largest = std::fmax(variances.largest, solver.eigenvalues().maxCoeff());
  }
  return variances;
}

/// So few points in three dimensions that full covariances collapse or fail.
TaskPrior few_points(int n) {
  TaskSettings settings;
  settings.dim = {3, 3};
  settings.points = {n, n};
  return TaskPrior(settings);
}

TEST(Em, HundredRestartsOnTheQuickstartPrior_ErrorNotAboveOneStart) {
  TaskPrior const prior{TaskSettings{}};
  for (auto const covariance : every_covariance) {
    double one_sum = 0, hundred_sum = 0;
    EmSettings one, hundred;
    one.covariance = hundred.covariance = covariance;
    hundred.restarts = 100;
    for (std::uint64_t id = 0; id < 200; ++id) {
      Task const task = prior.sample(1, Purpose::evaluation_tasks, id);
      one_sum +=
          clustering_error(task.labels, em_with_restarts(task.points, 3, one, 1, id).labels, 3);
      hundred_sum +=
          clustering_error(task.labels, em_with_restarts(task.points, 3, hundred, 1, id).labels, 3);
    }
    EXPECT_LE(hundred_sum, one_sum) << name_of(covariance);
  }
}

TEST(Em, RatioOfVariancesAboveTheLimit_SaidAndKeptOnlyIfAllAre) {
  TaskPrior const prior{TaskSettings{}};
  for (auto const covariance : every_covariance) {
    bool const has_own = covariance != CovarianceKind::shared && covariance != CovarianceKind::tied;
    EmSettings one, ten;
    one.covariance = ten.covariance = covariance;
    ten.restarts = 10;
    int n_beyond = 0;
    for (std::uint64_t id = 0; id < 100; ++id) {
      Task const task = prior.sample(1, Purpose::evaluation_tasks, id);
      Fit const fit = em_with_restarts(task.points, 3, one, 1, id);
      if (fit.status == FitStatus::collapsed || fit.status == FitStatus::failed) continue;
      bool const is_above = has_own && variances_of(fit.mixture).ratio() > 30;
      EXPECT_EQ(fit.status == FitStatus::beyond_ratio_limit, is_above);
      n_beyond += is_above;
      // No restart within the limit is passed over for one beyond it.
      Fit const best = em_with_restarts(task.points, 3, ten, 1, id);
      if (best.status != FitStatus::beyond_ratio_limit) continue;
      for (int r = 0; r < 10; ++r)
        EXPECT_GT(
            variances_of(
                em(task.points, 3, one, {.seed = 1, .task_id = id, .count = 1, .first = r}).mixture)
                .ratio(),
            30);
    }
    EXPECT_EQ(n_beyond > 0, has_own) << name_of(covariance);
    one.ratio_limit = 0;
    for (std::uint64_t id = 0; id < 20; ++id) {
      Task const task = prior.sample(1, Purpose::evaluation_tasks, id);
      EXPECT_NE(em_with_restarts(task.points, 3, one, 1, id).status, FitStatus::beyond_ratio_limit);
    }
  }
}

TEST(Em, FloorFarBelowTheLargestVariance_CollapseIsStillSeen) {
  TaskPrior const prior = few_points(15);
  EmSettings em_settings;
  em_settings.covariance = CovarianceKind::full;
  em_settings.start = StartKind::random;
  for (double const relative : {1e-6, 1e-8, 1e-10}) {
    em_settings.variance_floor = relative;
    int n_collapsed = 0;
    for (std::uint64_t id = 0; id < 100; ++id) {
      Task const task = prior.sample(1, Purpose::probe, id);
      Fit const fit = em_with_restarts(task.points, 3, em_settings, 1, id);
      if (fit.status == FitStatus::failed) continue;
      double const smallest = variances_of(fit.mixture).smallest;
      double const floor = variance_floor(task.points, relative);
      EXPECT_EQ(fit.n_collapsed == 1, smallest < 1.01 * floor) << smallest / floor;
      n_collapsed += fit.n_collapsed;
    }
    EXPECT_GT(n_collapsed, 10);
  }
}

TEST(Em, StepWithoutFiniteResult_FailedWithWhatItWasBefore) {
  TaskPrior const prior = few_points(20);
  EmSettings em_settings;
  em_settings.covariance = CovarianceKind::full;
  em_settings.variance_floor = 0;
  em_settings.trace = 100;
  int n_failed = 0;
  for (std::uint64_t id = 0; id < 200; ++id) {
    Task const task = prior.sample(1, Purpose::probe, id);
    Fit const fit = em_with_restarts(task.points, 3, em_settings, 1, id);
    ASSERT_TRUE(std::isfinite(fit.log_likelihood)) << id;
    EXPECT_LT(fit.log_likelihood, 100);
    if (fit.status != FitStatus::failed) continue;
    ++n_failed;
    EXPECT_TRUE(fit.mixture.means.allFinite());
    EXPECT_EQ(fit.trace.size(), static_cast<std::size_t>(fit.iterations) + 1);
    EmSettings before = em_settings;
    before.max_iterations = std::max(1, fit.iterations);
    Fit const stopped = em_with_restarts(task.points, 3, before, 1, id);
    if (fit.iterations == 0) continue;
    EXPECT_NE(stopped.status, FitStatus::failed);
    EXPECT_EQ(stopped.labels, fit.labels);
  }
  EXPECT_GT(n_failed, 5) << "the case is not met";
}

TEST(Em, FirstStepWithoutFiniteResult_FailedWithLabelsOfTheStart) {
  // Squares of these distances overflow in single precision.
  TaskSettings settings;
  settings.sigma = {1e25, 1e25};
  settings.scale = {1e26, 1e26};
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 0);
  EmSettings em_settings;
  em_settings.precision = PrecisionKind::single_precision;
  Fit const fit = em_with_restarts(task.points, 3, em_settings, 1, 0);
  EXPECT_EQ(fit.status, FitStatus::failed);
  EXPECT_EQ(fit.iterations, 0);
  EXPECT_TRUE(std::isfinite(fit.log_likelihood));
  EXPECT_GT(adjusted_rand_index(task.labels, fit.labels, 3), 0.3);
}

TEST(StartOfLabels, LabelWithoutPoints_HasTheWeightOfOne) {
  RowMatrix points(4, 1);
  points << 0, 1, 10, 12;
  Mixture const mixture = start_of_labels(points, {0, 0, 2, 2}, 3, 0);
  EXPECT_DOUBLE_EQ(mixture.weights.sum(), 1);
  EXPECT_DOUBLE_EQ(mixture.weights[1] / mixture.weights[0], 0.5);
  Fit const fit = em_from(points, mixture, EmSettings{});
  EXPECT_EQ(fit.n_dead, 0);
}

std::string problems_of(std::string const& text, EstimationSettings const& settings) {
  std::string all;
  for (auto const& problem :
       estimator_problems(parse_estimator(text, settings.em), settings.task, settings.input))
    all += problem + "\n";
  return all;
}

TEST(EstimatorProblems, TruthBelowTheFloorOrBeyondTheRatio_SaysWhatToSet) {
  EstimationSettings settings;
  for (auto const covariance : every_covariance) {
    settings.em.covariance = covariance;
    EXPECT_EQ(problems_of("em:restarts=10", settings), "") << name_of(covariance);
  }
  settings.task.covariance = settings.em.covariance = CovarianceKind::tied;
  settings.task.eigenvalue_ratio = 1e4;
  EXPECT_NE(problems_of("em", settings).find("em.variance_floor = "), std::string::npos);
  EXPECT_EQ(problems_of("em:known=variance", settings), "") << "it has no floor";
  EXPECT_EQ(problems_of("em:covariance=shared", settings), "") << "its variance is the mean one";
  EXPECT_EQ(problems_of("em:variance_floor=1e-6", settings), "");
  EXPECT_EQ(problems_of("lloyd", settings), "");
  settings.task.covariance = settings.em.covariance = CovarianceKind::full;
  settings.em.variance_floor = 1e-7;
  EXPECT_NE(problems_of("em:restarts=2", settings).find("em.ratio_limit"), std::string::npos);
  EXPECT_EQ(problems_of("em", settings), "") << "one restart is not passed over";
  EXPECT_EQ(problems_of("em:restarts=2:ratio_limit=0", settings), "");
  EXPECT_EQ(problems_of("em:restarts=2:covariance=spherical", settings), "");
  settings.task.covariance = CovarianceKind::spherical;
  settings.task.sigma = {0.1, 1};
  EXPECT_NE(problems_of("em:restarts=2:covariance=spherical", settings).find("100 times apart"),
            std::string::npos);
  EXPECT_NE(problems_of("em:variance_floor=0.5:restarts=2", settings).find("give variance_floor"),
            std::string::npos)
      << "the option that is given, not the key";
  settings = EstimationSettings{};
  settings.task.covariance = settings.em.covariance = CovarianceKind::spherical;
  settings.task.sigma = {0.05, 0.25};
  settings.task.means = MeansKind::simplex;
  settings.task.separation = {60, 60};
  EXPECT_NE(problems_of("em", settings).find("em.variance_floor"), std::string::npos)
      << "the separation is in units of the largest sigma";
  settings = EstimationSettings{};
  settings.task.means = MeansKind::simplex;
  settings.task.separation = {200, 200};
  EXPECT_NE(problems_of("em", settings).find("em.variance_floor"), std::string::npos);
}

TEST(EstimatorProblems, StartFromTheTruthByDefault_IsRefused) {
  EstimationSettings settings;
  settings.em.start = StartKind::oracle;
  EXPECT_NE(problems_of("em", settings).find("em:start=oracle"), std::string::npos);
  EXPECT_NE(problems_of("lloyd", settings).find("lloyd:start=oracle"), std::string::npos);
  EXPECT_EQ(problems_of("em:start=oracle", settings), "");
  EXPECT_EQ(problems_of("em:start=random", settings), "");
  EXPECT_EQ(problems_of("bayes", settings), "");
}

TEST(WidestMeanVariance, EveryKindOfMeans_ThatOfDrawnPoints) {
  for (auto const means :
       {MeansKind::gaussian, MeansKind::uniform, MeansKind::sphere, MeansKind::simplex})
    for (auto const covariance : {CovarianceKind::shared, CovarianceKind::full}) {
      TaskSettings settings;
      settings.means = means;
      settings.covariance = covariance;
      settings.dim = {3, 3};
      if (means == MeansKind::simplex) settings.separation = {5, 5};
      settings.points = {400, 400};
      double sum = 0;
      for (std::uint64_t id = 0; id < 500; ++id)
        sum += mean_variance(TaskPrior(settings).sample(1, Purpose::probe, id).points);
      EXPECT_NEAR(sum / 500 / widest_mean_variance(settings), 1, 0.05) << name_of(means);
    }
}

}  // namespace
}  // namespace tvem
