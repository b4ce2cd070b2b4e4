#include "framework/metrics/clustering.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"

namespace tvem {
namespace {

using Labels = std::vector<int>;

TEST(ClusteringError, CyclicPermutationOfThreeLabels_IsNoError) {
  // A swap is its own inverse; only a cycle tells a permutation from its inverse.
  Labels const truth{0, 0, 0, 1, 1, 2};
  Labels const cyclic{1, 1, 1, 2, 2, 0};
  EXPECT_EQ(clustering_error(truth, cyclic, 3), 0.0);
  EXPECT_EQ(align_labels(truth, cyclic, 3), (Labels{1, 2, 0}));
  EXPECT_EQ(labelled_error(truth, cyclic), 1.0);
}

TEST(Disagreement, SymmetricAfterTheBestPermutation_And0WithItself) {
  Labels const a{0, 0, 0, 1, 1, 2}, renamed{2, 2, 2, 0, 0, 1}, b{3, 3, 0, 1, 1, 1};
  EXPECT_EQ(disagreement(a, a), 0.0);
  EXPECT_EQ(disagreement(a, renamed), 0.0);
  EXPECT_DOUBLE_EQ(disagreement(a, b), 2.0 / 6);
  EXPECT_EQ(disagreement(a, b), disagreement(b, a));
  EXPECT_EQ(disagreement(renamed, b), disagreement(a, b));
}

TEST(AlignLabels, All24PermutationsOfFour_FoundForLabelsAndParameters) {
  RandomStream random(1, Purpose::probe, 1);
  Labels truth(200);
  for (int& label : truth) label = static_cast<int>(random.integer(0, 3));
  std::vector<double> const true_means{-3.0, 0.5, 2.0, 7.0};
  Labels order{0, 1, 2, 3};
  int n_permutations = 0;
  do {
    Labels estimate(truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i)
      estimate[i] = order[static_cast<std::size_t>(truth[i])];
    estimate[0] = (estimate[0] + 1) % 4;  // one mistake
    std::vector<double> means(4);
    for (std::size_t a = 0; a < 4; ++a) means[static_cast<std::size_t>(order[a])] = true_means[a];
    Labels const estimate_of = align_labels(truth, estimate, 4);
    EXPECT_EQ(estimate_of, order);
    for (std::size_t a = 0; a < 4; ++a)
      EXPECT_EQ(means[static_cast<std::size_t>(estimate_of[a])], true_means[a]);
    EXPECT_EQ(clustering_error(truth, estimate, 4), 1.0 / 200);
    ++n_permutations;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(n_permutations, 24);
}

TEST(ClusteringError, RandomLabels_MinimumOverAllPermutations) {
  RandomStream random(1, Purpose::probe, 2);
  for (int trial = 0; trial < 100; ++trial) {
    int const k = static_cast<int>(random.integer(2, 5));
    Labels truth(30), estimate(30), order(static_cast<std::size_t>(k));
    for (int& label : truth) label = static_cast<int>(random.integer(0, k - 1));
    for (int& label : estimate) label = static_cast<int>(random.integer(0, k - 1));
    std::iota(order.begin(), order.end(), 0);
    double best = 1;
    do {
      Labels renamed(30);
      for (std::size_t i = 0; i < 30; ++i)
        renamed[i] = order[static_cast<std::size_t>(estimate[i])];
      best = std::min(best, labelled_error(truth, renamed));
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(clustering_error(truth, estimate, k), best);
  }
}

TEST(PartitionScores, RandomLabels_AsScikitLearn) {
  std::ifstream golden(TVEM_GOLDEN_DIR "/metrics_sklearn.txt");
  ASSERT_TRUE(golden);
  std::string comment;
  std::getline(golden, comment);
  int k = 0, n = 0, n_read = 0;
  while (golden >> k >> n) {
    Labels truth(static_cast<std::size_t>(n)), estimate(truth.size());
    for (int& label : truth) golden >> label;
    for (int& label : estimate) golden >> label;
    double ari = 0, nmi = 0;
    golden >> ari >> nmi;
    EXPECT_NEAR(adjusted_rand_index(truth, estimate, k), ari, 1e-12);
    EXPECT_NEAR(normalized_mutual_information(truth, estimate, k), nmi, 1e-12);
    ++n_read;
  }
  EXPECT_GE(n_read, 40);
}

TEST(PartitionScores, EqualPartitions_One) {
  Labels const truth{0, 1, 1, 2, 2, 2}, renamed{2, 0, 0, 1, 1, 1};
  EXPECT_NEAR(adjusted_rand_index(truth, renamed, 3), 1, 1e-15);
  EXPECT_NEAR(normalized_mutual_information(truth, renamed, 3), 1, 1e-15);
}

TEST(Outliers, InAnyPlace_AsIfTheyWereNotThere) {
  Labels const truth{-1, 0, 1, 1, -1, 2, 2, 0, 1, -1}, estimate{2, 0, 1, 0, 1, 2, 0, 2, 1, 0};
  Labels const kept_truth{0, 1, 1, 2, 2, 0, 1}, kept_estimate{0, 1, 0, 2, 0, 2, 1};
  EXPECT_EQ(clustering_error(truth, estimate, 3), clustering_error(kept_truth, kept_estimate, 3));
  EXPECT_EQ(labelled_error(truth, estimate), labelled_error(kept_truth, kept_estimate));
  EXPECT_EQ(align_labels(truth, estimate, 3), align_labels(kept_truth, kept_estimate, 3));
  EXPECT_EQ(adjusted_rand_index(truth, estimate, 3),
            adjusted_rand_index(kept_truth, kept_estimate, 3));
  EXPECT_EQ(normalized_mutual_information(truth, estimate, 3),
            normalized_mutual_information(kept_truth, kept_estimate, 3));
  EXPECT_THROW(clustering_error(Labels{-1, -1}, Labels{0, 1}, 2), CheckFailed);
}

TEST(ConfusionCounts, WrongInput_CheckFails) {
  EXPECT_THROW(confusion_counts(Labels{0, 3}, Labels{0, 1}, 3), CheckFailed);
  EXPECT_THROW(confusion_counts(Labels{0, -2}, Labels{0, 1}, 3), CheckFailed);
  EXPECT_THROW(confusion_counts(Labels{0, 1}, Labels{0, -1}, 3), CheckFailed);
  EXPECT_THROW(confusion_counts(Labels{0}, Labels{0, 1}, 3), CheckFailed);
}

}  // namespace
}  // namespace tvem
