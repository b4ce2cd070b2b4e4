#pragma once

#include <span>
#include <vector>

#include "framework/core/assignment.hpp"

namespace tvem {

// True labels are in 0..k-1 or outlier_label, estimated ones in 0..k-1. Points whose true label is
// outlier_label count nowhere.

/// Counts of (true label a, estimated label b): k x k, row-major.
std::vector<int> confusion_counts(std::span<int const> truth, std::span<int const> estimate, int k);

/// The alignment that makes the fewest errors: result[a] is the estimated label that stands for the
/// true label a (Hungarian algorithm on the confusion counts). Parameters are aligned by the same
/// map: the estimate of mean a is the estimated mean result[a].
std::vector<int> align_labels(std::span<int const> truth, std::span<int const> estimate, int k);

/// Misclustering error: min over permutations s of (1/n) #{ s(estimate_i) != truth_i }, n counting
/// the points that are no outliers. Keeps its buffers.
class ClusteringError {
 public:
  double operator()(std::span<int const> truth, std::span<int const> estimate, int k);

 private:
  std::vector<double> costs_;
  AssignmentSolver solver_;
};

/// As above, once.
double clustering_error(std::span<int const> truth, std::span<int const> estimate, int k);

/// The misclustering error between two labellings of the same points, with any labels >= 0: 0 where
/// they are the same clusters, and symmetric.
double disagreement(std::span<int const> a, std::span<int const> b);

/// Share of points whose estimate differs from the truth, labels as they are named.
double labelled_error(std::span<int const> truth, std::span<int const> estimate);

/// Adjusted Rand index (Hubert and Arabie 1985), as scikit-learn's: 1 for equal partitions.
double adjusted_rand_index(std::span<int const> truth, std::span<int const> estimate, int k);

/// Normalised mutual information with the arithmetic mean of the entropies, as scikit-learn's.
double normalized_mutual_information(std::span<int const> truth, std::span<int const> estimate,
                                     int k);

}  // namespace tvem
