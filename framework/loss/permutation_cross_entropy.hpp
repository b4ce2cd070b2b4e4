#pragma once

#include <span>
#include <vector>

#include "framework/core/assignment.hpp"

namespace tvem {

/// Permutation-invariant cross-entropy of one task: the minimum over permutations s of the mean
/// over points of -sum_a r_ia log softmax(logits_i)[s(a)], by the Hungarian algorithm on the k x k
/// cost matrix. Keeps its buffers.
template <class T>
class PermutationCrossEntropy {
 public:
  /// logits: n x n_labels, row-major, of which the first k columns take part; targets: the r, n x
  /// k, row-major, each row with sum 1 or, to leave the point out of the loss, all 0. dlogits: n x
  /// n_labels, set to the gradient at the minimiser (0 in columns past k). Returns the loss_mean of
  /// the task in nats per point. When a logit is not finite, the loss and the whole gradient are
  /// NaN.
  double operator()(std::span<T const> logits, int n_labels, std::span<double const> targets, int k,
                    std::span<T> dlogits);
  /// With r_ia = 1 for a = labels[i], else 0. labels: n, in 0..k-1 or outlier_label, which leaves
  /// the point out.
  double operator()(std::span<T const> logits, int n_labels, std::span<int const> labels, int k,
                    std::span<T> dlogits);

 private:
  double fill_costs(std::span<T const> logits, int n_labels, std::span<double const> targets,
                    int k);
  void write_gradient(std::span<int const> output_of, double n_points, int n_labels,
                      std::span<double const> targets, std::span<T> dlogits) const;

  std::vector<double> one_hot_;        // n x k
  std::vector<double> probabilities_;  // n x k
  std::vector<double> costs_;  // k x k, (true label a, output): sum of -r_ia log p over the points
  AssignmentSolver solver_;
};

/// As above, once.
template <class T>
double permutation_cross_entropy(std::span<T const> logits, int n_labels,
                                 std::span<int const> labels, int k, std::span<T> dlogits) {
  return PermutationCrossEntropy<T>()(logits, n_labels, labels, k, dlogits);
}
template <class T>
double permutation_cross_entropy(std::span<T const> logits, int n_labels,
                                 std::span<double const> targets, int k, std::span<T> dlogits) {
  return PermutationCrossEntropy<T>()(logits, n_labels, targets, k, dlogits);
}

/// The label of the largest of the first k logits, the first of equals. Result: n labels.
template <class T>
void predict_labels(std::span<T const> logits, int n_labels, int k, std::span<int> labels);

}  // namespace tvem
