#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "framework/estimators/em.hpp"
#include "framework/estimators/gradient.hpp"
#include "framework/estimators/hartigan.hpp"
#include "framework/estimators/spectral.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/estimators/starts/two_round.hpp"
#include "framework/metrics/clustering.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

Restarts one_restart(std::uint64_t id) { return {.seed = 1, .task_id = id}; }

TEST(Spectral, GivenStart_AsScikitLearnOnTheSingularVectorsOfNumpy) {
  std::ifstream in(TVEM_GOLDEN_DIR "/spectral_sklearn.txt");
  std::string comment;
  std::getline(in, comment);
  int n_problems = 0;
  for (int n = 0, d = 0, k = 0; in >> n >> d >> k; ++n_problems) {
    RowMatrix points(n, d);
    for (double& value : points.reshaped<Eigen::RowMajor>()) in >> value;
    std::vector<int> truth(static_cast<std::size_t>(n)), labels = truth;
    std::vector<Eigen::Index> start(static_cast<std::size_t>(k));
    double square_sum = 0, ari = 0, nmi = 0;
    for (int& label : truth) in >> label;
    for (auto& i : start) in >> i;
    for (int& label : labels) in >> label;
    in >> square_sum >> ari >> nmi;
    RowMatrix const projected = spectral_projection(points, k);
    ASSERT_EQ(projected.cols(), std::min(k, d));
    Fit const fit = lloyd_iterations(projected, projected(start, Eigen::all), 300);
    EXPECT_EQ(fit.labels, labels) << "problem " << n_problems;
    EXPECT_NEAR(-fit.objective, square_sum, 1e-8 * square_sum);
    EXPECT_NEAR(adjusted_rand_index(truth, fit.labels, k), ari, 1e-8);
    EXPECT_NEAR(normalized_mutual_information(truth, fit.labels, k), nmi, 1e-8);
  }
  EXPECT_EQ(n_problems, 200);
}

TEST(Spectral, FewDimensions_LabelsOfLloyd) {
  for (std::uint64_t id = 0; id < 20; ++id) {
    Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, id);
    Fit const a = spectral(task.points, 3, {}, one_restart(id));
    Fit const b = lloyd(task.points, 3, {}, one_restart(id));
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-10);
  }
}

TEST(Spectral, ManyDimensions_BetterThanLloyd) {
  TaskSettings prior;
  prior.dim = {100, 100};
  prior.components = {2, 2};
  prior.points = {40, 60};
  prior.means = MeansKind::simplex;
  prior.separation = {6, 6};
  double spectral_sum = 0, lloyd_sum = 0;
  for (std::uint64_t id = 0; id < 100; ++id) {
    Task const task = TaskPrior(prior).sample(1, Purpose::probe, id);
    Fit const a = spectral(task.points, 2, {}, one_restart(id));
    Fit const b = lloyd(task.points, 2, {}, one_restart(id));
    spectral_sum += clustering_error(task.labels, a.labels, 2);
    lloyd_sum += clustering_error(task.labels, b.labels, 2);
  }
  EXPECT_LT(spectral_sum, 0.5 * lloyd_sum);
}

double square_sum_of(RowMatrix const& points, std::vector<int> const& labels, int k) {
  Mixture const mixture = mixture_of_labels(points, labels, k, 0);
  return mixture.variances[0] * static_cast<double>(points.size());
}

TEST(Hartigan, EndsWhereNoPointCanMove) {
  TaskSettings prior;
  prior.components = {2, 4};
  prior.points = {20, 40};
  for (std::uint64_t id = 0; id < 50; ++id) {
    Task const task = TaskPrior(prior).sample(1, Purpose::probe, id);
    int const k = task.components();
    Fit const fit = hartigan(task.points, k, {}, one_restart(id));
    ASSERT_EQ(fit.status, FitStatus::converged);
    double const square_sum = square_sum_of(task.points, fit.labels, k);
    EXPECT_NEAR(-fit.objective, square_sum, 1e-9 * square_sum);
    for (std::size_t i = 0; i < fit.labels.size(); ++i)
      for (int to = 0; to < k; ++to) {
        auto moved = fit.labels;
        moved[i] = to;
        EXPECT_GE(square_sum_of(task.points, moved, k), square_sum * (1 - 1e-9));
      }
    EXPECT_EQ(lloyd_iterations(task.points, fit.mixture.means, 1).labels, fit.labels)
        << "a fixed point of Lloyd's algorithm too";
  }
}

TEST(GradientAscent, SameStart_LikelihoodOfEm) {
  EmSettings settings;
  settings.max_iterations = 2000;
  settings.tolerance = 1e-9;
  EmSettings known = settings;
  known.known = {.variance = true, .weights = true, .means_prior = true};
  int n_same = 0, n = 0;
  for (std::uint64_t id = 0; id < 30; ++id) {
    Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, id);
    for (EmSettings const& s : {settings, known}) {
      Knowledge const knowledge = knowledge_of(task, TaskSettings{}, s, {});
      Fit const a = gradient_ascent(task.points, 3, s, one_restart(id), knowledge);
      Fit const b = em(task.points, 3, s, one_restart(id), knowledge);
      ++n;
      n_same += std::fabs(a.objective - b.objective) < 1e-5;
      EXPECT_EQ(a.labels, map_labels(a.mixture, task.points));
      EXPECT_NEAR(a.log_likelihood, mean_log_likelihood(a.mixture, task.points), 1e-10);
      if (s.known.weights) {
        EXPECT_NEAR(a.mixture.weights[0], 1.0 / 3, 1e-12);
      }
      if (s.known.variance) {
        EXPECT_EQ(a.mixture.variances[0], 1.0);
      }
    }
  }
  EXPECT_GT(n_same, 0.8 * n) << "another optimiser may end in another local maximum, but seldom";
}

TEST(GradientAscent, ConvergedByEm_StaysThere) {
  for (auto const covariance : {CovarianceKind::shared, CovarianceKind::spherical})
    for (std::uint64_t id = 0; id < 10; ++id) {
      TaskSettings prior;
      prior.points = {100, 100};
      Task const task = TaskPrior(prior).sample(1, Purpose::probe, id);
      EmSettings settings;
      settings.covariance = covariance;
      settings.max_iterations = 5000;
      settings.tolerance = 1e-14;
      Fit const peak = em_with_restarts(task.points, 3, settings, 1, id);
      if (peak.status != FitStatus::converged) continue;
      Knowledge known;
      known.oracle = peak.mixture;
      settings.start = StartKind::oracle;
      settings.tolerance = 1e-7;
      Fit const fit = gradient_ascent(task.points, 3, settings, one_restart(id), known);
      // At a maximum the first iterate is the best one.
      EXPECT_NEAR(fit.log_likelihood, peak.log_likelihood, 1e-8);
      EXPECT_LT((fit.mixture.means - peak.mixture.means).cwiseAbs().maxCoeff(), 1e-3);
    }
}

TEST(TwoRound, SeparatedTasksInManyDimensions_NearlyNoError) {
  TaskSettings prior;
  prior.dim = {30, 30};
  prior.components = {5, 5};
  prior.points = {300, 300};
  prior.means = MeansKind::simplex;
  prior.separation = {12, 12};
  EmSettings two_rounds, one_start;
  two_rounds.start = StartKind::two_round;
  two_rounds.max_iterations = 1;
  one_start.start = StartKind::random;
  double two_round_sum = 0, random_sum = 0;
  for (std::uint64_t id = 0; id < 50; ++id) {
    Task const task = TaskPrior(prior).sample(1, Purpose::probe, id);
    Fit const a = em(task.points, 5, two_rounds, one_restart(id));
    Fit const b = em(task.points, 5, one_start, one_restart(id));
    two_round_sum += clustering_error(task.labels, a.labels, 5);
    random_sum += clustering_error(task.labels, b.labels, 5);
    EXPECT_EQ(a.iterations, 1);
  }
  EXPECT_LT(two_round_sum / 50, 0.01);
  EXPECT_GT(random_sum / 50, 0.05) << "where many centres help";
}

TEST(TwoRound, FewPoints_KMeansAllTheSame) {
  RowMatrix points(2, 1);
  points << 0, 1;
  EmSettings settings;
  settings.start = StartKind::two_round;
  Fit const fit = em(points, 3, settings, one_restart(0));
  EXPECT_EQ(fit.labels.size(), 2u);
  EXPECT_EQ(fit.mixture.components(), 3);
}

TEST(Trace, EveryMethod_FromTheStartToTheEnd) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 5);
  EmSettings settings;
  settings.trace = 1000;
  settings.max_iterations = 200;
  for (Fit const& fit : {em(task.points, 3, settings, one_restart(5)),
                         lloyd(task.points, 3, settings, one_restart(5)),
                         hartigan(task.points, 3, settings, one_restart(5)),
                         gradient_ascent(task.points, 3, settings, one_restart(5))}) {
    ASSERT_EQ(fit.trace.size(), static_cast<std::size_t>(fit.iterations) + 1);
    EXPECT_EQ(fit.trace[0].labels.size(), 50u);
  }
  EmSettings jumping = settings;
  jumping.rate = 0.5;  // far beyond the best iterate, which is the one kept
  for (std::uint64_t id = 0; id < 20; ++id) {
    Fit const gradient = gradient_ascent(task.points, 3, jumping, one_restart(id));
    EXPECT_EQ(gradient.trace.back().labels, gradient.labels);
    EXPECT_EQ(gradient.trace.back().log_likelihood, gradient.log_likelihood);
  }
  Fit const fit = em(task.points, 3, settings, one_restart(5));
  EXPECT_EQ(fit.trace.back().labels, fit.labels);
  EXPECT_NEAR(fit.trace.back().log_likelihood, fit.log_likelihood, 1e-12);
  for (std::size_t t = 1; t < fit.trace.size(); ++t)
    EXPECT_GE(fit.trace[t].log_likelihood, fit.trace[t - 1].log_likelihood - 1e-12);
  settings.trace = 2;
  EXPECT_EQ(em(task.points, 3, settings, one_restart(5)).trace.size(), 3u);
}

/// Every relative of EM on the points, from every start that needs no truth.
std::vector<Fit> fits_of_all(RowMatrix const& points, int k) {
  std::vector<Fit> fits;
  for (auto const start : {StartKind::random, StartKind::kmeans_plus_plus, StartKind::spectral,
                           StartKind::two_round}) {
    EmSettings settings;
    settings.start = start;
    settings.max_iterations = 30;
    fits.push_back(em(points, k, settings, one_restart(1)));
    fits.push_back(gradient_ascent(points, k, settings, one_restart(1)));
    fits.push_back(lloyd(points, k, settings, one_restart(1)));
    fits.push_back(hartigan(points, k, settings, one_restart(1)));
    if (start == StartKind::random || start == StartKind::kmeans_plus_plus)
      fits.push_back(spectral(points, k, settings, one_restart(1)));
  }
  return fits;
}

TEST(Relatives, FewOrEqualPoints_FiniteFitWithLabels) {
  for (int const n : {1, 2, 5})
    for (double const spread : {0.0, 1.0}) {
      RowMatrix points(n, 4);
      for (int i = 0; i < n; ++i)
        points.row(i) << 1 + spread * i, 2 - spread * i * i, spread * i, 0;
      for (Fit const& fit : fits_of_all(points, 3)) {
        ASSERT_EQ(fit.labels.size(), static_cast<std::size_t>(n));
        for (int const label : fit.labels) EXPECT_TRUE(label >= 0 && label < 3);
        EXPECT_TRUE(std::isfinite(fit.log_likelihood)) << n << " " << spread;
        EXPECT_TRUE(fit.mixture.means.allFinite());
      }
    }
}

TEST(Relatives, PointThatIsNotFinite_FailedWithLabels) {
  Task task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  task.points(4, 0) = NAN;
  for (Fit const& fit : fits_of_all(task.points, 3)) {
    EXPECT_EQ(fit.status, FitStatus::failed);
    ASSERT_EQ(fit.labels.size(), 50u);
    for (int const label : fit.labels) EXPECT_TRUE(label >= 0 && label < 3);
  }
}

}  // namespace
}  // namespace tvem
