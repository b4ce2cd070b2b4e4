#include "framework/estimators/posterior/posterior.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>

#include <gtest/gtest.h>

#include "framework/core/index.hpp"
#include "framework/estimators/posterior/diagnostics.hpp"
#include "framework/estimators/posterior/joint.hpp"
#include "framework/estimators/posterior/labelling.hpp"
#include "framework/estimators/posterior/rotation.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

using Labels = std::vector<int>;

/// All labellings of n points by k labels.
std::vector<Labels> all_labellings(int n, int k) {
  std::vector<Labels> all{Labels(n, 0)};
  while (true) {
    Labels next = all.back();
    int i = 0;
    while (i < n && ++next[i] == k) next[i++] = 0;
    if (i == n) return all;
    all.push_back(next);
  }
}

/// The least share of points that differ, over all permutations of the labels.
double plain_error(Labels const& a, Labels const& b, int k) {
  Labels names(k);
  for (int j = 0; j < k; ++j) names[j] = j;
  double least = 1;
  do {
    double n_wrong = 0;
    for (std::size_t i = 0; i < a.size(); ++i) n_wrong += names[a[i]] != b[i] ? 1 : 0;
    least = std::min(least, n_wrong / as_real(std::ssize(a)));
  } while (std::next_permutation(names.begin(), names.end()));
  return least;
}

double expected_error(Labels const& labels, std::vector<Labels> const& truths,
                      std::vector<double> const& probabilities, int k) {
  double sum = 0;
  for (std::size_t t = 0; t < truths.size(); ++t)
    sum += probabilities[t] * plain_error(labels, truths[t], k);
  return sum;
}

/// log p(points of one label | sigma), its mean N(0, scale^2 I) integrated out.
double log_marginal(RowMatrix const& points, Labels const& labels, int label, double sigma,
                    double scale) {
  double result = 0;
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    double n = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] != label) continue;
      double const x = points(static_cast<Eigen::Index>(i), c);
      n += 1, sum += x, squares += x * x;
    }
    double const v = sigma * sigma, s = scale * scale;
    result -= 0.5 * n * std::log(2 * std::numbers::pi * v) + 0.5 * std::log(1 + n * s / v) +
              0.5 / v * (squares - s / (v + n * s) * sum * sum);
  }
  return result;
}

/// log of the mean over sigma, uniform on its range, of exp(f(sigma)).
template <class F>
double log_mean_over_sigma(Range<double> const& range, F const& f) {
  if (range.is_fixed()) return f(range.low);
  constexpr int n = 200;
  std::vector<double> values;
  for (int i = 0; i < n; ++i)
    values.push_back(f(range.low + (range.high - range.low) * (i + 0.5) / n));
  double const largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double const value : values) sum += std::exp(value - largest) / n;
  return largest + std::log(sum);
}

/// log p(labels, points), up to a constant.
double plain_log_joint(Task const& task, TaskSettings const& prior, Labels const& labels) {
  int const k = task.components();
  double result = 0;
  if (prior.weights == WeightsKind::dirichlet)
    for (int j = 0; j < k; ++j)
      result += std::lgamma(prior.concentration +
                            static_cast<double>(std::count(labels.begin(), labels.end(), j)));
  auto const of_label = [&](int j, double sigma) {
    return log_marginal(task.points, labels, j, sigma, prior.scale.low);
  };
  if (prior.covariance == CovarianceKind::spherical) {
    for (int j = 0; j < k; ++j)
      result += log_mean_over_sigma(prior.sigma, [&](double sigma) { return of_label(j, sigma); });
    return result;
  }
  return result + log_mean_over_sigma(prior.sigma, [&](double sigma) {
           double sum = 0;
           for (int j = 0; j < k; ++j) sum += of_label(j, sigma);
           return sum;
         });
}

/// The same of simplex means in the plane: the centre is integrated out, the angle by quadrature.
double plain_simplex_log_joint(Task const& task, TaskSettings const& prior, Labels const& labels) {
  constexpr int n_angles = 720;
  int const k = task.components();
  double const radius =
      prior.separation.low * prior.sigma.low / (2 * std::sin(std::numbers::pi / k));
  double const scale = prior.centre == CentreKind::random ? prior.scale.low : 0;
  std::vector<double> values;
  for (int a = 0; a < n_angles; ++a) {
    RowMatrix rest = task.points;
    for (Eigen::Index i = 0; i < rest.rows(); ++i) {
      double const angle = 2 * std::numbers::pi * (a / double{n_angles} + labels[i] / double(k));
      rest(i, 0) -= radius * std::cos(angle);
      rest(i, 1) -= radius * std::sin(angle);
    }
    values.push_back(log_marginal(rest, Labels(labels.size(), 0), 0, prior.sigma.low, scale));
  }
  double const largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double const value : values) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

/// p(labels | points) of all labellings.
std::vector<double> exact_posterior(Task const& task, TaskSettings const& prior,
                                    std::vector<Labels> const& all) {
  std::vector<double> probabilities;
  auto const log_joint_of =
      prior.means == MeansKind::simplex ? plain_simplex_log_joint : plain_log_joint;
  for (Labels const& labels : all) probabilities.push_back(log_joint_of(task, prior, labels));
  double const largest = *std::max_element(probabilities.begin(), probabilities.end());
  double sum = 0;
  for (double& p : probabilities) sum += p = std::exp(p - largest);
  for (double& p : probabilities) p /= sum;
  return probabilities;
}

TaskSettings dirichlet(TaskSettings prior) {
  prior.weights = WeightsKind::dirichlet;
  prior.concentration = 0.7;
  return prior;
}
TaskSettings with_unknown_sigma(TaskSettings prior, CovarianceKind covariance) {
  prior.sigma = {0.3, 2};
  prior.covariance = covariance;
  return prior;
}

TaskSettings small_prior(int components, int points) {
  TaskSettings prior;
  prior.components = {components, components};
  prior.points = {points, points};
  prior.scale = {1.5, 1.5};
  return prior;
}

/// The expectation of the error is that of the enumeration, and no labelling has a smaller one, up
/// to the error of the samples.
void expect_exact(TaskSettings const& prior, int n_tasks, int draws = 1) {
  auto const all = all_labellings(prior.points.low, prior.components.low);
  EmSettings settings;
  settings.samples = 2000 / draws;
  settings.draws = draws;
  Moments scores;
  for (int id = 0; id < n_tasks; ++id) {
    Task const task = TaskPrior(prior).sample(3, Purpose::probe, id);
    int const k = task.components();
    auto const probabilities = exact_posterior(task, prior, all);
    Fit const fit = posterior(task, prior, settings, 1);
    double const exact = expected_error(fit.labels, all, probabilities, k);
    double square = 0;
    for (std::size_t t = 0; t < all.size(); ++t)
      square += probabilities[t] * std::pow(plain_error(fit.labels, all[t], k) - exact, 2);
    double const standard_error = std::sqrt(square / fit.posterior.effective_samples) + 1e-4;
    scores.add((fit.posterior.expected_error - exact) / standard_error);
    EXPECT_LT(std::fabs(fit.posterior.expected_error - exact), 4.5 * standard_error) << id;
    double least = 1;
    for (Labels const& labels : all)
      least = std::min(least, expected_error(labels, all, probabilities, k));
    EXPECT_LT(exact, least + 4 * standard_error)
        << id << ": it expects " << fit.posterior.expected_error << " from "
        << fit.posterior.effective_samples << " samples, r_hat " << fit.posterior.r_hat;
  }
  EXPECT_LT(std::fabs(scores.mean()) * std::sqrt(n_tasks), 4) << "on average too high or too low";
}

TEST(Posterior, TwoComponentsEightPoints_AsEnumerated) { expect_exact(small_prior(2, 8), 20); }

TEST(Posterior, SeveralDrawsOfASweep_AsEnumerated) {
  expect_exact(small_prior(2, 8), 20, 4);
  expect_exact(small_prior(3, 6), 10, 4);
}

TEST(Posterior, ThreeComponents_AsEnumerated) { expect_exact(small_prior(3, 5), 10); }

TEST(Posterior, DirichletWeights_AsEnumerated) { expect_exact(dirichlet(small_prior(2, 8)), 10); }

TEST(Posterior, UnknownSigma_AsEnumerated) {
  expect_exact(with_unknown_sigma(small_prior(2, 7), CovarianceKind::shared), 10);
}

TEST(Posterior, UnknownSigmaOfEachComponent_AsEnumerated) {
  expect_exact(with_unknown_sigma(small_prior(2, 7), CovarianceKind::spherical), 10);
}

TaskSettings simplex_prior(double separation, CentreKind centre, int points) {
  TaskSettings prior = small_prior(3, points);
  prior.means = MeansKind::simplex;
  prior.separation = {separation, separation};
  prior.sigma = {0.7, 0.7};
  prior.centre = centre;
  return prior;
}

TEST(Posterior, SimplexMeans_AsEnumerated) {
  expect_exact(simplex_prior(2, CentreKind::origin, 5), 10);
  expect_exact(simplex_prior(3, CentreKind::random, 5), 10);
}

/// A unit vector with density exp(concentration x its cosine with a direction): in the plane the
/// mean cosine is that of von Mises' distribution, in space coth(c) - 1 / c.
TEST(DrawRotation, MeanCosine_AsOfTheDistribution) {
  for (int const d : {2, 3})
    for (double const concentration : {0.0, 0.3, 4.0, 300.0}) {
      RandomStream random(1, Purpose::probe, d);
      RowMatrix pulls = RowMatrix::Zero(1, d), vertex = RowMatrix::Zero(1, d);
      pulls(0, 1) = concentration;
      vertex(0, 0) = 1;
      Moments cosines;
      for (int s = 0; s < 20000; ++s) {
        draw_rotation(random, pulls, vertex);
        if (s >= 100 && s % 5 == 0) cosines.add(vertex(0, 1));
      }
      double const c = std::max(concentration, 1e-3);
      double const expected =
          d == 2 ? std::cyl_bessel_i(1, c) / std::cyl_bessel_i(0, c) : 1 / std::tanh(c) - 1 / c;
      EXPECT_NEAR(cosines.mean(), expected, 5 * cosines.standard_error() + 1e-3 * (1 - expected))
          << d << " dimensions, " << concentration;
      EXPECT_NEAR(vertex.norm(), 1, 1e-10);
    }
}

TEST(LogJoint, EveryPrior_AsPlainlyComputedUpToAConstant) {
  TaskSettings const prior = small_prior(3, 6);
  for (TaskSettings const& each :
       {prior, dirichlet(prior), with_unknown_sigma(prior, CovarianceKind::shared),
        dirichlet(with_unknown_sigma(prior, CovarianceKind::spherical))}) {
    Task const task = TaskPrior(each).sample(2, Purpose::probe, 1);
    Labels const first(6, 0);
    for (Labels const& labels : all_labellings(6, 3))
      EXPECT_NEAR(log_joint(task.points, labels, 3, each) - log_joint(task.points, first, 3, each),
                  plain_log_joint(task, each, labels) - plain_log_joint(task, each, first), 0.01);
  }
}

/// make_posterior_golden.py: sequential Monte Carlo in numpy.
/// The next task of a file of points in the plane.
Task read_task(std::ifstream& file, int id, int n) {
  Task task;
  task.id = static_cast<std::uint64_t>(id);
  task.points.resize(n, 2);
  task.mixture.means = RowMatrix::Zero(3, 2);
  for (double& x : task.points.reshaped<Eigen::RowMajor>()) file >> x;
  EXPECT_TRUE(file.good());
  return task;
}

TEST(Posterior, FiveHundredTasks_AsAnIndependentSamplerSays) {
  std::ifstream file(TVEM_GOLDEN_DIR "/posterior_numpy.txt");
  std::string line;
  while (file.peek() == '#') std::getline(file, line);
  int n_tasks = 0, n = 0;
  file >> n_tasks >> n;
  ASSERT_EQ(n_tasks, 500);
  TaskSettings const prior;
  Moments differences;
  for (int t = 0; t < n_tasks; ++t) {
    double reference = 0;
    file >> reference;
    Task const task = read_task(file, t, n);
    differences.add(posterior(task, prior, {}, 1).posterior.expected_error - reference);
  }
  EXPECT_LT(std::fabs(differences.mean()), 4 * differences.standard_error());
  EXPECT_LT(differences.standard_error(), 0.0008) << "the samplers differ task by task";
}

/// make_simplex_posterior_golden.py: quadrature over angle and centre, in numpy.
TEST(Posterior, SimplexTasks_AsQuadratureSays) {
  std::ifstream file(TVEM_GOLDEN_DIR "/simplex_posterior_numpy.txt");
  std::string line;
  while (file.peek() == '#') std::getline(file, line);
  int n_tasks = 0, n = 0;
  file >> n_tasks >> n;
  ASSERT_EQ(n_tasks, 240);
  Moments differences;
  for (int t = 0; t < n_tasks; ++t) {
    TaskSettings prior;
    prior.means = MeansKind::simplex;
    double reference = 0;
    std::string centre;
    file >> prior.separation.low >> centre >> reference;
    prior.separation.high = prior.separation.low;
    prior.centre = value_named<CentreKind>(centre).value();
    Task const task = read_task(file, t, n);
    differences.add(posterior(task, prior, {}, 1).posterior.expected_error - reference);
  }
  EXPECT_LT(std::fabs(differences.mean()), 4 * differences.standard_error());
  EXPECT_LT(differences.standard_error(), 0.0008) << "the two differ task by task";
}

TEST(Posterior, WhatIsNotCovered_RefusedWithTheReason) {
  EXPECT_TRUE(posterior_problems({}).empty());
  EXPECT_TRUE(posterior_problems(simplex_prior(3, CentreKind::random, 50)).empty());
  EXPECT_EQ(log_joint_problems(simplex_prior(3, CentreKind::random, 50)).size(), 1u);
  TaskSettings prior;
  prior.means = MeansKind::uniform;
  prior.separation = {3, 3};
  prior.covariance = CovarianceKind::tied;
  prior.noise = NoiseKind::laplace;
  prior.outliers = 0.1;
  prior.families.resize(2);
  auto const problems = posterior_problems(prior);
  ASSERT_EQ(problems.size(), 6u);
  EXPECT_NE(problems[1].find("task.means = gaussian or simplex, not uniform"), std::string::npos);
}

TEST(OptimalLabelling, FewPoints_NoLabellingIsBetter) {
  int const n = 6, k = 3;
  auto const all = all_labellings(n, k);
  for (std::uint64_t id = 0; id < 20; ++id) {
    RandomStream random(1, Purpose::probe, id);
    Labels const centre = all[random.integer(0, count_of(all) - 1)];
    std::vector<Labels> samples(40, centre);
    for (Labels& sample : samples)
      for (int& label : sample)
        if (random.uniform() < 0.3) label = random.integer(0, k - 1);
    auto const best = optimal_labelling(samples, k);
    std::vector<double> const equal(samples.size(), 1.0 / as_real(std::ssize(samples)));
    EXPECT_NEAR(best.expected_error, expected_error(best.labels, samples, equal, k), 1e-12);
    double least = 1;
    for (Labels const& labels : all)
      least = std::min(least, expected_error(labels, samples, equal, k));
    EXPECT_LT(best.expected_error, least + 0.01) << id;
  }
}

/// Chains of an autoregression: x_t = rho x_{t-1} + e_t.
std::vector<double> autoregression(double rho, int n_chains, int length, double shift) {
  std::vector<double> values;
  for (int c = 0; c < n_chains; ++c) {
    RandomStream random(7, Purpose::probe, c);
    double x = random.normal() / std::sqrt(1 - rho * rho);
    for (int i = 0; i < length; ++i) {
      x = rho * x + random.normal();
      values.push_back(x + shift * c);
    }
  }
  return values;
}

TEST(ChainDiagnostics, Autoregression_EffectiveSamplesOfTheory) {
  for (double const rho : {0.0, 0.5, 0.9}) {
    auto const d = diagnose(autoregression(rho, 4, 5000, 0), 4);
    EXPECT_NEAR(d.effective_samples / (20000 * (1 - rho) / (1 + rho)), 1, 0.2) << rho;
    EXPECT_NEAR(d.r_hat, 1, 0.02) << rho;
  }
}

TEST(ChainDiagnostics, ChainsThatDisagree_LargeRHatAndFewSamples) {
  auto const d = diagnose(autoregression(0, 4, 500, 3), 4);
  EXPECT_GT(d.r_hat, 3);
  EXPECT_LT(d.effective_samples, 10);
}

TEST(ChainDiagnostics, ChainsThatDoNotMove_AgreeOrNot) {
  EXPECT_EQ(diagnose(std::vector<double>(20, 0.25), 2).r_hat, 1);
  EXPECT_EQ(diagnose(std::vector<double>(20, 0.25), 2).effective_samples, 20);
  EXPECT_EQ(diagnose(std::vector<double>{1, 1, 2, 2}, 2).r_hat,
            std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace tvem
