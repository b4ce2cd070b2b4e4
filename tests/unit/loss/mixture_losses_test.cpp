#include "framework/loss/mixture_losses.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/tasks/batch.hpp"

namespace tvem {
namespace {

constexpr int k_max = 5, point_dim = 4, n_outputs = point_dim + 2;

/// A task of k components in d dimensions, with outliers, and outputs about what they should be.
struct Problem {
  Problem(int k, int d, std::uint64_t id) {
    TaskSettings settings;
    settings.components = {k, k};
    settings.dim = {d, d};
    settings.points = {30, 30};
    settings.outliers = 0.1;
    settings.weights = WeightsKind::dirichlet;
    settings.covariance = id % 2 == 0 ? CovarianceKind::full : CovarianceKind::shared;
    task = TaskPrior(settings).sample(1, Purpose::probe, id);
    batch = make_batch(std::span(&task, 1), point_dim);
    RandomStream random(1, Purpose::probe, 100 + id);
    for (int i = 0; i < k_max * n_outputs; ++i) outputs.push_back(random.normal());
  }
  double likelihood(std::vector<double>& gradient) {
    gradient.assign(outputs.size(), 7);
    return NegativeLogLikelihood<double>()(outputs, n_outputs, task.components(),
                                           task.mixture.dim(), batch.points, point_dim,
                                           batch.labels, gradient);
  }
  double parameters(std::vector<double>& gradient) {
    gradient.assign(outputs.size(), 7);
    return PermutationParameters<double>()(outputs, n_outputs, task.mixture, gradient);
  }

  Task task;
  RaggedBatch batch;
  std::vector<double> outputs;
};

void expect_finite_differences(Problem& problem,
                               std::function<double(std::vector<double>&)> const& loss) {
  std::vector<double> gradient, unused;
  loss(gradient);
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    double const origin = problem.outputs[i], step = 1e-5;
    problem.outputs[i] = origin + step;
    double const above = loss(unused);
    problem.outputs[i] = origin - step;
    double const below = loss(unused);
    problem.outputs[i] = origin;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * step), 1e-7 * (1 + std::fabs(gradient[i])))
        << "output " << i;
  }
}

TEST(NegativeLogLikelihood, AnyTask_MeanOfTheMixtureAndFiniteDifferences) {
  for (std::uint64_t id = 0; id < 12; ++id) {
    Problem problem(2 + static_cast<int>(id % 4), 1 + static_cast<int>(id % 3), id);
    Task const& task = problem.task;
    // Points are floats in the batch.
    std::vector<Eigen::Index> inliers;
    for (std::size_t i = 0; i < task.labels.size(); ++i)
      if (task.labels[i] != outlier_label) inliers.push_back(static_cast<Eigen::Index>(i));
    RowMatrix const points = task.points.cast<float>().cast<double>()(inliers, Eigen::all);
    Mixture const mixture = mixture_of_outputs<double>(problem.outputs, n_outputs,
                                                       task.components(), task.mixture.dim());
    EXPECT_NEAR(mixture.weights.sum(), 1, 1e-14);
    std::vector<double> gradient;
    EXPECT_NEAR(problem.likelihood(gradient), -mean_log_likelihood(mixture, points), 1e-12);
    expect_finite_differences(problem, [&](auto& g) { return problem.likelihood(g); });
  }
}

TEST(PermutationParameters, AnyTask_MinimumOverAllPermutationsAndFiniteDifferences) {
  for (std::uint64_t id = 0; id < 12; ++id) {
    Problem problem(2 + static_cast<int>(id % 4), 1 + static_cast<int>(id % 3), id);
    Mixture const& truth = problem.task.mixture;
    int const k = truth.components(), d = truth.dim();
    Mixture const mixture = mixture_of_outputs<double>(problem.outputs, n_outputs, k, d);
    std::vector<int> order(static_cast<std::size_t>(k));
    std::iota(order.begin(), order.end(), 0);
    double best = INFINITY;
    do {
      double loss = 0;
      for (int a = 0; a < k; ++a) {
        int const j = order[static_cast<std::size_t>(a)];
        double const sigma = std::sqrt(covariance_of(truth, a).trace() / d);
        loss += (mixture.means.row(j) - truth.means.row(a)).squaredNorm() +
                std::pow(0.5 * std::log(mixture.variances[j]) - std::log(sigma), 2) +
                std::pow(k * (mixture.weights[j] - truth.weights[a]), 2);
      }
      best = std::min(best, loss / k);
    } while (std::next_permutation(order.begin(), order.end()));
    std::vector<double> gradient;
    EXPECT_NEAR(problem.parameters(gradient), best, 1e-11 * best);
    expect_finite_differences(problem, [&](auto& g) { return problem.parameters(g); });
  }
}

TEST(PermutationParameters, TruthUnderEveryNaming_NoLossAndNoGradient) {
  Problem problem(4, 3, 1);
  Mixture const& truth = problem.task.mixture;
  std::vector<int> order{0, 1, 2, 3};
  do {
    for (int a = 0; a < 4; ++a) {
      auto const row = static_cast<std::size_t>(order[static_cast<std::size_t>(a)] * n_outputs);
      problem.outputs[row] = std::log(truth.weights[a]) + 3;
      for (int c = 0; c < 3; ++c)
        problem.outputs[row + 1 + static_cast<std::size_t>(c)] = truth.means(a, c);
      problem.outputs[row + n_outputs - 1] = 0.5 * std::log(truth.variances[a]);
    }
    std::vector<double> gradient;
    EXPECT_NEAR(problem.parameters(gradient), 0, 1e-20);
    for (double const g : gradient) EXPECT_NEAR(g, 0, 1e-12);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(MixtureLosses, OutputThatIsNotFinite_EverythingNaN) {
  Problem problem(3, 2, 1);
  problem.outputs[2] = INFINITY;
  std::vector<double> gradient;
  EXPECT_TRUE(std::isnan(problem.likelihood(gradient)));
  EXPECT_TRUE(std::isnan(gradient.back()));
  EXPECT_TRUE(std::isnan(problem.parameters(gradient)));
  EXPECT_TRUE(std::isnan(gradient.back()));
}

}  // namespace
}  // namespace tvem
