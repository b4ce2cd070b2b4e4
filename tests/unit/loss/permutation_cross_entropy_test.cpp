#include "framework/loss/permutation_cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"
#include "framework/tasks/prior.hpp"
#include "tests/support/golden_values.hpp"

namespace tvem {
namespace {

/// One task's logits (n x n_labels) and true labels, every label of 0..k-1 met.
struct TaskData {
  int n, n_labels, k;
  std::vector<double> logits;
  std::vector<int> labels;
};

TaskData random_task(int n, int n_labels, int k, std::uint64_t id, double deviation = 1) {
  RandomStream random(5, Purpose::probe, id);
  TaskData task{.n = n, .n_labels = n_labels, .k = k, .logits = {}, .labels = {}};
  for (int i = 0; i < n * n_labels; ++i) task.logits.push_back(deviation * random.normal());
  for (int i = 0; i < n; ++i)
    task.labels.push_back(i < k ? i : static_cast<int>(random.integer(0, k - 1)));
  return task;
}

struct LossResult {
  double loss;
  std::vector<double> gradient;
};

/// The function under test; the gradient's buffer starts with other numbers.
template <class T = double>
LossResult evaluate(TaskData const& task) {
  std::vector<T> const logits(task.logits.begin(), task.logits.end());
  std::vector<T> gradient(logits.size(), T(777));
  double const loss =
      permutation_cross_entropy<T>(logits, task.n_labels, task.labels, task.k, gradient);
  return {loss, std::vector<double>(gradient.begin(), gradient.end())};
}

/// Mean cross-entropy when label a is called permutation[a], and its gradient: plain loops.
LossResult cross_entropy(TaskData const& task, std::vector<int> const& permutation) {
  LossResult result{0, std::vector<double>(task.logits.size(), 0.0)};
  for (int i = 0; i < task.n; ++i) {
    double const* const row = task.logits.data() + i * task.n_labels;
    double const largest = *std::max_element(row, row + task.k);
    double sum = 0;
    for (int j = 0; j < task.k; ++j) sum += std::exp(row[j] - largest);
    int const target =
        permutation[static_cast<std::size_t>(task.labels[static_cast<std::size_t>(i)])];
    result.loss += (largest + std::log(sum) - row[target]) / task.n;
    for (int j = 0; j < task.k; ++j)
      result.gradient[static_cast<std::size_t>(i * task.n_labels + j)] =
          (std::exp(row[j] - largest) / sum - (j == target ? 1 : 0)) / task.n;
  }
  return result;
}

LossResult brute_force(TaskData const& task) {
  std::vector<int> permutation(static_cast<std::size_t>(task.k));
  std::iota(permutation.begin(), permutation.end(), 0);
  LossResult best{std::numeric_limits<double>::infinity(), {}};
  do {
    auto const result = cross_entropy(task, permutation);
    if (result.loss < best.loss) best = result;
  } while (std::next_permutation(permutation.begin(), permutation.end()));
  return best;
}

void expect_near(LossResult const& actual, LossResult const& expected, double tolerance) {
  EXPECT_NEAR(actual.loss, expected.loss, tolerance * (1 + expected.loss));
  ASSERT_EQ(actual.gradient.size(), expected.gradient.size());
  for (std::size_t i = 0; i < expected.gradient.size(); ++i)
    ASSERT_NEAR(actual.gradient[i], expected.gradient[i], tolerance) << i;
}

TEST(PermutationCrossEntropy, AllPermutationsOfUpToFiveLabels_AgreeWithBruteForce) {
  for (int k = 1; k <= 5; ++k)
    for (std::uint64_t id = 0; id < 40; ++id)
      for (double const deviation : {0.1, 1.0, 20.0}) {
        auto const task = random_task(12, 5, k, id, deviation);
        expect_near(evaluate(task), brute_force(task), 1e-13);
      }
}

TEST(PermutationCrossEntropy, SinglePrecision_AgreesToRounding) {
  for (std::uint64_t id = 0; id < 20; ++id) {
    auto const task = random_task(12, 4, 3, id);
    expect_near(evaluate<float>(task), brute_force(task), 1e-6);
  }
}

TEST(PermutationCrossEntropy, CyclicPermutationOfThreeLabels_IsUndone) {
  // Points of label a get their large logit in column a + 1; swaps alone could not tell a
  // permutation from its inverse.
  TaskData task{.n = 7, .n_labels = 3, .k = 3, .logits = {}, .labels = {0, 1, 2, 0, 1, 1, 0}};
  for (int const label : task.labels)
    for (int j = 0; j < 3; ++j) task.logits.push_back(j == (label + 1) % 3 ? 30.0 : 0.0);
  auto const result = evaluate(task);
  EXPECT_LT(result.loss, 1e-12);
  for (double const g : result.gradient) EXPECT_NEAR(g, 0, 1e-12);
  expect_near(result, cross_entropy(task, {1, 2, 0}), 1e-13);
}

TEST(PermutationCrossEntropy, Gradient_IsTheDerivativeOfTheLoss) {
  auto task = random_task(9, 4, 3, 1);
  auto const gradient = evaluate(task).gradient;
  double const step = 1e-4;
  for (std::size_t i = 0; i < task.logits.size(); ++i) {
    auto const at = [&](double t) {
      auto moved = task;
      moved.logits[i] += t;
      return evaluate(moved).loss;
    };
    double const derivative =
        (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
    EXPECT_NEAR(gradient[i], derivative, 1e-10);
  }
}

TEST(PermutationCrossEntropy, ColumnsPastK_TakeNoPart) {
  auto const task = random_task(10, 5, 3, 2);
  auto other = task;
  for (int i = 0; i < task.n; ++i)
    for (int j = task.k; j < task.n_labels; ++j) {
      auto const at = static_cast<std::size_t>(i * task.n_labels + j);
      other.logits[at] = 1e30;
      EXPECT_EQ(evaluate(task).gradient[at], 0.0);
    }
  EXPECT_EQ(evaluate(task).loss, evaluate(other).loss);
  EXPECT_EQ(evaluate(task).gradient, evaluate(other).gradient);
}

TEST(PermutationCrossEntropy, Relabelling_ChangesNothing) {
  for (int k = 2; k <= 5; ++k) {
    auto const task = random_task(15, 5, k, 3);
    auto const expected = evaluate(task);
    std::vector<int> names(static_cast<std::size_t>(k));
    std::iota(names.begin(), names.end(), 0);
    while (std::next_permutation(names.begin(), names.end())) {
      auto renamed = task;
      for (int& label : renamed.labels) label = names[static_cast<std::size_t>(label)];
      expect_near(evaluate(renamed), expected, 1e-14);
    }
  }
}

TEST(PermutationCrossEntropy, LabelsThatNoPointHas_AreAllowed) {
  auto task = random_task(6, 4, 4, 4);
  task.labels = {2, 2, 0, 2, 0, 0};
  expect_near(evaluate(task), brute_force(task), 1e-13);
}

TEST(PermutationCrossEntropy, EqualLogits_CostLogK) {
  TaskData task = random_task(8, 4, 4, 5);
  std::fill(task.logits.begin(), task.logits.end(), 3.25);
  EXPECT_NEAR(evaluate(task).loss, std::log(4.0), 1e-14);
}

TEST(PermutationCrossEntropy, LargeLogits_NeitherOverflowNorVanish) {
  for (double const scale : {1e4, 1e30}) {
    auto const task = random_task(10, 3, 3, 6, scale);
    auto const result = evaluate(task);
    EXPECT_TRUE(std::isfinite(result.loss));
    expect_near(result, brute_force(task), 1e-12);
  }
}

TEST(PermutationCrossEntropy, LogitThatIsNotFinite_GivesNaN) {
  for (double const bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()})
    for (std::size_t const at : {0u, 7u, 19u}) {
      auto task = random_task(5, 4, 3, 7);
      task.logits[at] = bad;
      auto const result = evaluate(task);
      EXPECT_TRUE(std::isnan(result.loss));
      for (double const g : result.gradient) EXPECT_TRUE(std::isnan(g)) << "nothing stale is left";
    }
}

TEST(PermutationCrossEntropy, Outliers_HaveNoLossAndNoGradient) {
  auto const task = random_task(6, 3, 3, 9);
  std::vector<double> gradient(18), kept_gradient(12);
  auto labels = task.labels;
  labels[1] = labels[4] = outlier_label;
  std::vector<double> kept_logits;
  std::vector<int> kept_labels;
  for (std::size_t i = 0; i < 6; ++i) {
    if (labels[i] == outlier_label) continue;
    kept_labels.push_back(labels[i]);
    for (std::size_t j = 0; j < 3; ++j) kept_logits.push_back(task.logits[3 * i + j]);
  }
  double const loss = permutation_cross_entropy<double>(task.logits, 3, labels, 3, gradient);
  EXPECT_EQ(loss, permutation_cross_entropy<double>(kept_logits, 3, kept_labels, 3, kept_gradient));
  for (std::size_t i = 0, kept = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_EQ(gradient[3 * i + j], labels[i] == outlier_label ? 0 : kept_gradient[kept++]);
}

TEST(PermutationCrossEntropy, SoftTargets_AsTorch) {
  std::ifstream file(TVEM_GOLDEN_DIR "/loss_torch.txt");
  int n_cases = 0;
  for (std::string line; std::getline(file, line); ++n_cases) {
    std::istringstream header(line);
    int n_labels = 0, k = 0;
    double expected = 0;
    ASSERT_TRUE(header >> n_labels >> k >> expected) << line;
    auto const logits = test::read_values(file), targets = test::read_values(file),
               slopes = test::read_values(file);
    std::vector<double> gradient(logits.size(), 777);
    EXPECT_NEAR(permutation_cross_entropy<double>(logits, n_labels, targets, k, gradient), expected,
                1e-13);
    ASSERT_EQ(slopes.size(), gradient.size());
    for (std::size_t i = 0; i < slopes.size(); ++i) EXPECT_NEAR(gradient[i], slopes[i], 1e-14) << i;
  }
  EXPECT_EQ(n_cases, 6);
}

TEST(PermutationCrossEntropy, TargetsThatAreLabels_SameBitsAsLabels) {
  auto const task = random_task(9, 4, 3, 10);
  auto labels = task.labels;
  labels[5] = outlier_label;
  std::vector<double> targets(27, 0.0), gradient(36), of_targets(36);
  for (std::size_t i = 0; i < 9; ++i)
    if (labels[i] != outlier_label) targets[3 * i + static_cast<std::size_t>(labels[i])] = 1;
  EXPECT_EQ(permutation_cross_entropy<double>(task.logits, 4, labels, 3, gradient),
            permutation_cross_entropy<double>(task.logits, 4, targets, 3, of_targets));
  EXPECT_EQ(gradient, of_targets);
}

TEST(PermutationCrossEntropy, ArgumentsThatDoNotFit_AreRefused) {
  auto const task = random_task(5, 4, 3, 8);
  std::vector<double> gradient(task.logits.size());
  auto const call = [&](int n_labels, int k, std::span<double> into) {
    return permutation_cross_entropy<double>(task.logits, n_labels, task.labels, k, into);
  };
  EXPECT_THROW(call(4, 5, gradient), CheckFailed);
  EXPECT_THROW(call(3, 3, gradient), CheckFailed);
  EXPECT_THROW(call(4, 3, std::span(gradient).first(3)), CheckFailed);
}

TEST(PredictLabels, LargestOfTheFirstK_IsTaken) {
  std::vector<float> const logits{0, 1, 9, 2, -1, 9, -5, -4, 9};
  std::vector<int> labels(3);
  predict_labels<float>(logits, 3, 2, labels);
  EXPECT_EQ(labels, (std::vector<int>{1, 0, 1}));
  predict_labels<float>(logits, 3, 3, labels);
  EXPECT_EQ(labels, (std::vector<int>{2, 2, 2}));
}

TEST(PredictLabels, Ties_GoToTheFirst) {
  std::vector<double> const logits{1, 1, 1, 0, 2, 2};
  std::vector<int> labels(2);
  predict_labels<double>(logits, 3, 3, labels);
  EXPECT_EQ(labels, (std::vector<int>{0, 1}));
}

}  // namespace
}  // namespace tvem
