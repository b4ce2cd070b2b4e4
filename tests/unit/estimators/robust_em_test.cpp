#include <array>
#include <fstream>
#include <string>

#include <boost/math/special_functions/digamma.hpp>
#include <gtest/gtest.h>

#include "framework/core/math.hpp"
#include "framework/estimators/em.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/tasks/prior.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

/// The models of make_robust_em_golden.py.
EmSettings robust_settings(NoiseModel noise, double degrees, bool outliers) {
  EmSettings settings;
  settings.noise = noise;
  settings.degrees = degrees;
  settings.outliers = outliers;
  return settings;
}

std::array<EmSettings, 4> const models{
    robust_settings(NoiseModel::student, 0, false), robust_settings(NoiseModel::student, 4, false),
    robust_settings(NoiseModel::gaussian, 0, true), robust_settings(NoiseModel::student, 0, true)};

constexpr std::array kinds{CovarianceKind::spherical, CovarianceKind::tied,
                           CovarianceKind::diagonal, CovarianceKind::full, CovarianceKind::shared};

double read_number(std::istream& in) {
  double number = 0;
  in >> number;
  return number;
}

/// Reads a result and compares the fit with it.
void expect_golden(std::istream& in, Fit const& fit) {
  int const k = fit.mixture.components(), d = fit.mixture.dim();
  Eigen::VectorXd const weights = read_matrix(in, k, 1).col(0);
  RowMatrix const means = read_matrix(in, k, d);
  double const scale = 1 + means.cwiseAbs().maxCoeff();
  EXPECT_LT((fit.mixture.weights - weights).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT((fit.mixture.means - means).cwiseAbs().maxCoeff(), 1e-8 * scale);
  for (Eigen::Index j = 0; j < k; ++j) {
    RowMatrix const covariance = read_matrix(in, d, d);
    EXPECT_LT((covariance_of(fit.mixture, j) - covariance).norm(), 1e-8 * covariance.norm());
  }
  double const degrees = read_number(in);
  EXPECT_NEAR(fit.mixture.degrees, degrees, 1e-8 * (1 + degrees));
  EXPECT_NEAR(fit.objective, read_number(in), 1e-8);
}

TEST(RobustEm, ThirtyStepsFromAGivenStart_AsNumpy) {
  std::ifstream in(TVEM_GOLDEN_DIR "/robust_em_numpy.txt");
  std::string comment;
  std::getline(in, comment);
  int n_problems = 0;
  for (int n = 0, d = 0, k = 0; in >> n >> d >> k; ++n_problems) {
    RowMatrix const points = read_matrix(in, n, d);
    Mixture start;
    start.means = read_matrix(in, k, d);
    start.weights = read_matrix(in, k, 1).col(0);
    start.variances = Eigen::VectorXd::Constant(k, read_number(in));
    for (auto const covariance : kinds)
      for (std::size_t m = 0; m < models.size(); ++m) {
        SCOPED_TRACE(testing::Message() << n_problems << " " << name_of(covariance) << " " << m);
        EmSettings settings = models[m];
        settings.covariance = covariance;
        settings.max_iterations = 30;
        settings.tolerance = -1;
        settings.variance_floor = 1e-12;
        expect_golden(in, em_from(points, start, settings));
      }
  }
  EXPECT_EQ(n_problems, 40);
}

/// A task with heavy tails and outliers, in which covariances differ.
Task difficult_task(std::uint64_t id) {
  TaskSettings settings;
  settings.noise = NoiseKind::student;
  settings.degrees = 3;
  settings.outliers = 0.1;
  settings.points = {80, 80};
  return TaskPrior(settings).sample(5, Purpose::probe, id);
}

TEST(RobustEm, EveryModelAndCovariance_TheLikelihoodNeverFalls) {
  for (auto const covariance : kinds)
    for (EmSettings settings : models)
      for (std::uint64_t id = 0; id < 20; ++id) {
        settings.covariance = covariance;
        settings.trace = 100;
        Fit const fit = em_with_restarts(difficult_task(id).points, 3, settings, 1, id);
        EXPECT_NE(fit.status, FitStatus::failed);
        if (fit.n_dead > 0) continue;
        for (std::size_t t = 1; t < fit.trace.size(); ++t)
          EXPECT_GE(fit.trace[t].log_likelihood, fit.trace[t - 1].log_likelihood - 1e-10)
              << name_of(covariance) << " " << id << " " << t;
      }
}

/// With a prior of the means it is the posterior density that never falls.
TEST(RobustEm, PriorOfTheMeans_ThePosteriorDensityNeverFalls) {
  for (auto const covariance : {CovarianceKind::shared, CovarianceKind::full})
    for (EmSettings settings : models)
      for (std::uint64_t id = 0; id < 20; ++id) {
        Knowledge known;
        known.means_prior_variance = 2;
        settings.covariance = covariance;
        settings.tolerance = -1;
        double before = -1e300;
        for (int steps = 0; steps < 25; ++steps) {
          settings.max_iterations = steps;
          Fit const fit =
              em(difficult_task(id).points, 3, settings, {.seed = 1, .task_id = id}, known);
          if (fit.n_dead > 0) break;
          EXPECT_GE(fit.objective, before - 1e-10) << name_of(covariance) << " " << id;
          before = fit.objective;
        }
      }
}

/// Many degrees of freedom are Gaussian components.
TEST(RobustEm, ManyDegrees_AsGaussianEm) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 4);
  Fit const a =
      em_with_restarts(task.points, 3, robust_settings(NoiseModel::student, 1e6, false), 1, 1);
  Fit const b = em_with_restarts(task.points, 3, {}, 1, 1);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-4);
}

double mean_error(EmSettings const& settings, TaskPrior const& prior, int n_tasks) {
  double sum = 0;
  for (int id = 0; id < n_tasks; ++id) {
    Task const task = prior.sample(3, Purpose::probe, static_cast<std::uint64_t>(id));
    Fit const fit = em_with_restarts(task.points, 3, settings, 3, static_cast<std::uint64_t>(id));
    sum += clustering_error(task.labels, fit.labels, 3);
  }
  return sum / n_tasks;
}

/// Each model is ahead where tasks are what it says.
TEST(RobustEm, TasksOfItsKind_AheadOfGaussianEm) {
  TaskSettings outliers, student;
  outliers.outliers = 0.1;
  student.noise = NoiseKind::student;
  student.degrees = 3;
  EXPECT_LT(mean_error(models[2], TaskPrior(outliers), 1000) + 0.03,
            mean_error({}, TaskPrior(outliers), 1000));
  EXPECT_LT(mean_error(models[0], TaskPrior(student), 1000) + 0.005,
            mean_error({}, TaskPrior(student), 1000));
}

/// The degrees come near those of many points.
TEST(RobustEm, ManyPoints_DegreesOfTheTask) {
  TaskSettings settings;
  settings.noise = NoiseKind::student;
  settings.degrees = 5;
  settings.points = {20000, 20000};
  settings.scale = {10, 10};
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 2);
  EmSettings em = models[0];
  em.start = StartKind::oracle;
  Knowledge known;
  known.oracle = task.mixture;
  em.max_iterations = 300;
  Fit const fit = tvem::em(task.points, 3, em, {.seed = 1, .task_id = 1}, known);
  EXPECT_NEAR(fit.mixture.degrees, 5, 0.6);
  EXPECT_NEAR(fit.mixture.variances[0], task.mixture.variances[0], 0.05);
}

/// What is known stays, to the last bit.
TEST(RobustEm, KnownVarianceAndWeights_Kept) {
  Task const task = difficult_task(3);
  Knowledge known;
  known.variances = Eigen::VectorXd::Constant(3, 1.0 / 3);
  known.has_equal_weights = true;
  Fit const fit = em(task.points, 3, models[1], {.seed = 1, .task_id = 3}, known);
  for (Eigen::Index j = 0; j < 3; ++j) {
    EXPECT_EQ(fit.mixture.variances[j], 1.0 / 3);
    EXPECT_EQ(fit.mixture.weights[j], 1.0 / 3);
  }
}

/// Two clusters, four far points, and a third component that no point is near to: it begins anew on
/// a point of a cluster, since the background explains the far ones.
TEST(RobustEm, DeadComponent_NotPutOnAPointOfTheBackground) {
  RandomStream random(1, Purpose::probe, 0);
  RowMatrix points(84, 2);
  for (Eigen::Index i = 0; i < 80; ++i)
    points.row(i) << as_real(i % 2) * 10 + 0.3 * random.normal(), 0.3 * random.normal();
  points.bottomRows(4) << 100, 100, -100, 100, 100, -100, -100, -100;
  Mixture start;
  start.weights = Eigen::VectorXd::Constant(3, 1.0 / 3);
  start.means = RowMatrix(3, 2);
  start.means << 0, 0, 10, 0, 1e5, 1e5;
  start.variances = Eigen::VectorXd::Constant(3, 1);
  Fit const fit = em_from(points, start, models[2]);
  EXPECT_EQ(fit.n_dead, 1);
  EXPECT_LT(fit.mixture.means.cwiseAbs().maxCoeff(), 20);
}

/// Points without a box have no background, and all the same point has a fit.
TEST(RobustEm, PointsOnALine_FiniteFit) {
  RowMatrix points = difficult_task(1).points;
  points.col(1).setConstant(2);
  for (EmSettings const& settings : models)
    EXPECT_TRUE(std::isfinite(em_with_restarts(points, 3, settings, 1, 1).objective));
  points.setConstant(2);
  for (EmSettings const& settings : models)
    EXPECT_EQ(em_with_restarts(points, 3, settings, 1, 1).labels.size(), 80u);
}

TEST(PortableDigamma, PositiveNumbers_AsBoost) {
  for (double x = 1e-3; x < 1e6; x *= 1.01) {
    double const expected = boost::math::digamma(x);
    EXPECT_NEAR(portable_digamma(x), expected, 1e-14 * (1 + std::fabs(expected))) << x;
  }
}

}  // namespace
}  // namespace tvem
