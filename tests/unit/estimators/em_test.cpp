#include "framework/estimators/em.hpp"

#include <cmath>
#include <fstream>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "framework/estimators/starts/starts.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/tasks/prior.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

/// What EM of one covariance is expected to make of a problem.
struct GoldenResult {
  CovarianceKind covariance = CovarianceKind::shared;
  Eigen::VectorXd weights;
  RowMatrix means;
  std::vector<RowMatrix> covariances;  // of each component
  double log_likelihood = 0;
};

/// A problem of em_sklearn.txt with the results that are expected of it.
struct GoldenProblem {
  RowMatrix points;
  Mixture start;
  std::vector<GoldenResult> results;
  RowMatrix centres;
  std::vector<int> labels;
  double square_sum = 0;
};

Eigen::VectorXd read_vector(std::istream& in, int size) { return read_matrix(in, size, 1).col(0); }

std::vector<RowMatrix> read_covariances(std::istream& in, CovarianceKind kind, int k, int d) {
  std::vector<RowMatrix> covariances;
  RowMatrix const identity = RowMatrix::Identity(d, d);
  for (int j = 0; j < k; ++j) {
    bool const is_common = kind == CovarianceKind::tied || kind == CovarianceKind::shared;
    if (is_common && j > 0)
      covariances.push_back(covariances[0]);
    else if (kind == CovarianceKind::diagonal)
      covariances.push_back(read_vector(in, d).asDiagonal());
    else if (kind == CovarianceKind::tied || kind == CovarianceKind::full)
      covariances.push_back(read_matrix(in, d, d));
    else
      covariances.push_back(read_vector(in, 1)[0] * identity);
  }
  return covariances;
}

std::vector<GoldenProblem> read_golden() {
  std::ifstream in(TVEM_GOLDEN_DIR "/em_sklearn.txt");
  std::string comment;
  std::getline(in, comment);
  std::vector<GoldenProblem> problems;
  for (int n = 0, d = 0, k = 0; in >> n >> d >> k;) {
    GoldenProblem p;
    p.points = read_matrix(in, n, d);
    p.start.means = read_matrix(in, k, d);
    p.start.weights = read_vector(in, k);
    p.start.variances = Eigen::VectorXd::Constant(k, read_vector(in, 1)[0]);
    for (auto const covariance :
         {CovarianceKind::spherical, CovarianceKind::tied, CovarianceKind::diagonal,
          CovarianceKind::full, CovarianceKind::shared}) {
      GoldenResult result;
      result.covariance = covariance;
      result.weights = read_vector(in, k);
      result.means = read_matrix(in, k, d);
      result.covariances = read_covariances(in, covariance, k, d);
      in >> result.log_likelihood;
      p.results.push_back(std::move(result));
    }
    p.centres = read_matrix(in, k, d);
    p.labels.resize(static_cast<std::size_t>(n));
    for (int& label : p.labels) in >> label;
    in >> p.square_sum;
    problems.push_back(std::move(p));
  }
  return problems;
}

void expect_same_mixture(Mixture const& mixture, GoldenResult const& expected) {
  double const scale = 1 + expected.means.cwiseAbs().maxCoeff();
  EXPECT_LT((mixture.weights - expected.weights).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT((mixture.means - expected.means).cwiseAbs().maxCoeff(), 1e-8 * scale);
  for (std::size_t j = 0; j < expected.covariances.size(); ++j) {
    RowMatrix const difference =
        covariance_of(mixture, static_cast<Eigen::Index>(j)) - expected.covariances[j];
    EXPECT_LT(difference.norm(), 1e-8 * expected.covariances[j].norm());
  }
}

TEST(EmStep, ThirtyStepsFromAGivenStart_AsScikitLearnAndNumpy) {
  auto const problems = read_golden();
  ASSERT_EQ(problems.size(), 200u);
  for (std::size_t i = 0; i < problems.size(); ++i)
    for (GoldenResult const& expected : problems[i].results) {
      SCOPED_TRACE(testing::Message() << "problem " << i << " " << name_of(expected.covariance));
      Mixture mixture = problems[i].start;
      for (int step = 0; step < 30; ++step)
        em_step(problems[i].points, expected.covariance, 0.0, mixture);
      expect_same_mixture(mixture, expected);
      EXPECT_NEAR(mean_log_likelihood(mixture, problems[i].points), expected.log_likelihood, 1e-8);
    }
}

TEST(LloydFrom, GivenStart_AsScikitLearn) {
  for (GoldenProblem const& p : read_golden()) {
    Fit const fit = lloyd_iterations(p.points, p.start.means, 300);
    EXPECT_EQ(fit.labels, p.labels);
    EXPECT_LT((fit.mixture.means - p.centres).cwiseAbs().maxCoeff(), 1e-9);
    EXPECT_NEAR(-fit.objective, p.square_sum, 1e-9 * p.square_sum);
    EXPECT_EQ(fit.status, FitStatus::converged);
  }
}

constexpr CovarianceKind every_covariance[] = {CovarianceKind::shared, CovarianceKind::spherical,
                                               CovarianceKind::tied, CovarianceKind::diagonal,
                                               CovarianceKind::full};

TEST(EmStep, AnyTask_LogLikelihoodNeverFalls) {
  TaskSettings settings;
  settings.components = {2, 5};
  settings.dim = {1, 4};
  settings.points = {20, 80};
  TaskPrior const prior(settings);
  for (auto const covariance : every_covariance)
    for (std::uint64_t id = 0; id < 60; ++id) {
      Task const task = prior.sample(1, Purpose::probe, id);
      Mixture mixture = task.mixture;
      RandomStream random(1, Purpose::probe, id);
      mixture.means = random_point_start(task.points, task.components(), random);
      // High enough to be met: the maximum under the bound does not fall either.
      double const floor = 0.05 * mean_variance(task.points);
      mixture.variances = mixture.variances.cwiseMax(floor);
      double previous = -INFINITY;
      for (int step = 0; step < 40; ++step) {
        double const log_likelihood = em_step(task.points, covariance, floor, mixture);
        if (mixture.weights.minCoeff() == 0) break;  // a dead component is for the caller
        ASSERT_GE(log_likelihood, previous - 1e-12)
            << name_of(covariance) << ", task " << id << ", step " << step;
        previous = log_likelihood;
      }
    }
}

TEST(EmStep, FloorOnMatrices_NoEigenvalueBelowIt) {
  // Points on a line in the plane: every covariance but spherical ones has a variance of 0.
  RowMatrix points(40, 2);
  for (int i = 0; i < 40; ++i) points.row(i) << i + 100 * (i % 2), 2 * i + 200 * (i % 2) + 1;
  for (auto const covariance :
       {CovarianceKind::tied, CovarianceKind::diagonal, CovarianceKind::full}) {
    EmSettings settings;
    settings.covariance = covariance;
    Fit const fit = em_with_restarts(points, 2, settings, 1, 0);
    double const floor = settings.variance_floor * mean_variance(points);
    for (int j = 0; j < 2; ++j) {
      RowMatrix const matrix = covariance_of(fit.mixture, j);
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(matrix);
      EXPECT_GT(solver.eigenvalues()[0], floor * (1 - 1e-9)) << name_of(covariance);
    }
    bool const is_on_axis = covariance == CovarianceKind::diagonal;
    EXPECT_EQ(fit.status, is_on_axis ? FitStatus::converged : FitStatus::collapsed);
    EXPECT_TRUE(std::isfinite(fit.log_likelihood));
  }
}

TEST(Em, MatricesOnTheirOwnTasks_BetterLikelihoodThanShared) {
  TaskSettings settings;
  settings.points = {200, 200};
  settings.dim = {3, 3};
  settings.eigenvalue_ratio = 50;
  for (auto const covariance :
       {CovarianceKind::tied, CovarianceKind::diagonal, CovarianceKind::full}) {
    settings.covariance = covariance;
    double gain = 0;
    for (std::uint64_t id = 0; id < 20; ++id) {
      Task const task = TaskPrior(settings).sample(1, Purpose::probe, id);
      EmSettings shared, own;
      own.covariance = covariance;
      shared.restarts = own.restarts = 5;
      gain += em_with_restarts(task.points, 3, own, 1, id).log_likelihood -
              em_with_restarts(task.points, 3, shared, 1, id).log_likelihood;
    }
    EXPECT_GT(gain / 20, 0.5) << name_of(covariance);
  }
}

TEST(EmStep, SharedCovariance_OneVariance) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 0);
  Mixture mixture = task.mixture;
  em_step(task.points, CovarianceKind::shared, 0, mixture);
  EXPECT_EQ(mixture.variances[0], mixture.variances[2]);
  EXPECT_NE(mixture.variances[0], 1.0);
  mixture = task.mixture;
  em_step(task.points, CovarianceKind::spherical, 0, mixture);
  EXPECT_NE(mixture.variances[0], mixture.variances[2]);
}

TEST(Em, Restarts_NestAndKeepTheBestLikelihood) {
  TaskPrior const prior{TaskSettings{}};
  EmSettings one, ten;
  ten.restarts = 10;
  int n_better = 0;
  for (std::uint64_t id = 0; id < 100; ++id) {
    Task const task = prior.sample(1, Purpose::probe, id);
    Fit const a = em_with_restarts(task.points, 3, one, 5, id),
              b = em_with_restarts(task.points, 3, ten, 5, id);
    EXPECT_GE(b.log_likelihood, a.log_likelihood);
    EXPECT_GT(b.total_iterations, a.total_iterations);
    EXPECT_EQ(b.labels, map_labels(b.mixture, task.points));
    n_better += b.log_likelihood > a.log_likelihood + 1e-3;
  }
  EXPECT_GT(n_better, 10) << "one start fails often; ten should see it";
}

TEST(Em, CollapsedRestart_KeptOnlyIfAllAre) {
  // 28 points on a line and a pair far away, so close that a component of its own would have no
  // variance.
  RowMatrix points(30, 1);
  for (int i = 0; i < 28; ++i) points(i, 0) = 0.37 * i + 0.1 * (i % 3);
  points(28, 0) = 60;
  points(29, 0) = 60 + 1e-9;
  EmSettings settings;
  settings.covariance = CovarianceKind::spherical;
  settings.start = StartKind::random;
  int n_collapsed_alone = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    settings.restarts = 1;
    n_collapsed_alone +=
        em_with_restarts(points, 2, settings, seed, 0).status == FitStatus::collapsed;
    settings.restarts = 30;
    Fit const fit = em_with_restarts(points, 2, settings, seed, 0);
    EXPECT_EQ(fit.status == FitStatus::collapsed, fit.n_collapsed == 30);
  }
  EXPECT_GT(n_collapsed_alone, 0) << "the case is not met";
}

TEST(EmFrom, ComponentFarFromAllPoints_StartedAgainAndCounted) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  Mixture start = task.mixture;
  start.means.row(1).setConstant(1e4);
  for (auto const covariance : every_covariance) {
    EmSettings settings;
    settings.covariance = covariance;
    Fit const fit = em_from(task.points, start, settings);
    EXPECT_GE(fit.n_dead, 1);
    // A component on one point may shrink onto it.
    EXPECT_TRUE(fit.status == FitStatus::dead_component || fit.status == FitStatus::collapsed ||
                fit.status == FitStatus::beyond_ratio_limit);
    EXPECT_TRUE(fit.mixture.means.allFinite());
    EXPECT_LT(fit.mixture.means.cwiseAbs().maxCoeff(), 100);
    EXPECT_GT(fit.mixture.weights.minCoeff(), 0);
  }
}

TEST(EmFrom, TwoComponentsFarFromAllPoints_StartedAgainOnDifferentPoints) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  Mixture start = task.mixture;
  start.means.row(1).setConstant(1e4);
  start.means.row(2).setConstant(-1e4);
  Fit const fit = em_from(task.points, start, EmSettings{});
  EXPECT_EQ(fit.n_dead, 2);
  EXPECT_GT((fit.mixture.means.row(1) - fit.mixture.means.row(2)).norm(), 0.1)
      << "components that start from one point stay equal for ever";
}

TEST(EmFrom, DeadAgainAndAgain_EndsAtMaxIterationsWithLabels) {
  // Two points hold one component each; the third has nothing to explain.
  RowMatrix points(2, 1);
  points << 0, 1;
  Mixture start;
  start.weights = Eigen::VectorXd::Constant(3, 1.0 / 3);
  start.means = RowMatrix::Constant(3, 1, 1e6);
  start.means(0, 0) = 0.5;
  start.variances = Eigen::VectorXd::Constant(3, 0.25);
  EmSettings settings;
  settings.max_iterations = 50;
  Fit const fit = em_from(points, start, settings);
  EXPECT_LE(fit.iterations, 50);
  EXPECT_GE(fit.n_dead, 1);
  EXPECT_EQ(fit.labels.size(), 2u);
}

TEST(EmAndLloyd, PointThatIsNotFinite_FailedWithLabels) {
  Task task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  task.points(4, 0) = NAN;
  EmSettings settings;
  settings.restarts = 2;
  EmSettings full = settings;
  full.covariance = CovarianceKind::full;
  for (Fit const& fit : {em_with_restarts(task.points, 3, settings, 1, 0),
                         em_with_restarts(task.points, 3, full, 1, 0),
                         lloyd_with_restarts(task.points, 3, settings, 1, 0)}) {
    EXPECT_EQ(fit.status, FitStatus::failed);
    ASSERT_EQ(fit.labels.size(), 50u);
    for (int const label : fit.labels) EXPECT_TRUE(label >= 0 && label < 3);
  }
}

TEST(LloydFrom, EmptyCluster_MovedAndCounted) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  RowMatrix means = task.mixture.means;
  means.row(2).setConstant(1e4);
  Fit const fit = lloyd_iterations(task.points, means, 100);
  EXPECT_EQ(fit.n_dead, 1);
  EXPECT_EQ(fit.status, FitStatus::dead_component);
  for (int j = 0; j < 3; ++j) EXPECT_GT(fit.mixture.weights[j], 0);
}

TEST(Em, FewOrEqualPoints_FiniteFitWithLabels) {
  for (int const n : {1, 2, 5})
    for (double const spread : {0.0, 1.0})
      for (auto const covariance : every_covariance) {
        RowMatrix points(n, 2);
        for (int i = 0; i < n; ++i) points.row(i) << 1 + spread * i, 2 - spread * i * i;
        EmSettings settings;
        settings.covariance = covariance;
        settings.restarts = 3;
        Fit const fit = em_with_restarts(points, 3, settings, 1, 0);
        EXPECT_EQ(fit.labels.size(), static_cast<std::size_t>(n));
        for (int const label : fit.labels) EXPECT_TRUE(label >= 0 && label < 3);
        EXPECT_TRUE(fit.mixture.means.allFinite()) << n << " " << spread;
        EXPECT_TRUE(std::isfinite(fit.log_likelihood));
        Fit const hard = lloyd_with_restarts(points, 3, settings, 1, 0);
        EXPECT_EQ(hard.labels.size(), static_cast<std::size_t>(n));
        EXPECT_TRUE(std::isfinite(hard.log_likelihood)) << n << " " << spread;
      }
}

TEST(Em, MaxIterations_NotConvergedAndCounted) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  EmSettings settings;
  settings.max_iterations = 2;
  Fit const fit = em_with_restarts(task.points, 3, settings, 1, 0);
  EXPECT_EQ(fit.iterations, 2);
  EXPECT_EQ(fit.status, FitStatus::not_converged);
}

TEST(Starts, KmeansPlusPlus_PrefersFarPointsAndRandomDoesNot) {
  // A point that holds nearly all squared distance is nearly always the second centre.
  RowMatrix points = RowMatrix::Zero(50, 1);
  for (int i = 0; i < 49; ++i) points(i, 0) = 0.01 * i;
  points(49, 0) = 100;
  int n_plus_plus = 0, n_random = 0;
  for (std::uint64_t id = 0; id < 200; ++id) {
    RandomStream a(1, Purpose::starts, id), b(1, Purpose::starts, id);
    n_plus_plus += kmeans_plus_plus_start(points, 2, a).maxCoeff() == 100;
    n_random += random_point_start(points, 2, b).maxCoeff() == 100;
  }
  EXPECT_EQ(n_plus_plus, 200);
  EXPECT_LT(n_random, 30);
}

TEST(Starts, RandomPoints_AreDistinctPoints) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  for (std::uint64_t id = 0; id < 50; ++id) {
    RandomStream random(1, Purpose::starts, id);
    RowMatrix const means = random_point_start(task.points, 5, random);
    for (int a = 0; a < 5; ++a)
      for (int b = 0; b < a; ++b) EXPECT_NE(means.row(a), means.row(b));
  }
}

}  // namespace
}  // namespace tvem
