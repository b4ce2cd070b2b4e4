#pragma once

#include <vector>

#include "framework/core/processor/instruction_set.hpp"
#include "framework/core/random.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/estimators/starts/knowledge.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// k distinct points chosen at random; with fewer points than k they repeat. points: n x d, n >= 1.
/// Result: k x d.
RowMatrix random_point_start(RowMatrix const& points, int k, RandomStream& random);

/// k-means++ seeding (Arthur and Vassilvitskii 2007): each further centre is a point drawn with
/// probability proportional to its squared distance from the nearest centre so far. Where all
/// distances are 0 (fewer distinct points than k), uniformly. Result: k x d.
RowMatrix kmeans_plus_plus_start(RowMatrix const& points, int k, RandomStream& random);

/// The start of kind random or kmeans_plus_plus.
RowMatrix start_means(StartKind kind, RowMatrix const& points, int k, RandomStream& random);

/// The nearest mean of each point, the first of equals. Result: n.
std::vector<int> nearest_labels(RowMatrix const& points, RowMatrix const& means);

/// The position of the largest distance. It counts as taken: the next call finds another.
Eigen::Index take_farthest(std::vector<double>& distances);

/// The mixture that labels in 0..k-1 describe: shares, means and the shared within-cluster
/// variance, not below `floor`. A label without points gets the point farthest from its own mean,
/// each such label another one.
Mixture mixture_of_labels(RowMatrix const& points, std::vector<int> const& labels, int k,
                          double floor);

/// The same as a start for EM, where a label without points has the weight of one point.
Mixture start_of_labels(RowMatrix const& points, std::vector<int> const& labels, int k,
                        double floor);

/// Makes the starts of settings.start on a task, for EM and its relatives.
class Starts {
 public:
  /// floor: of variances, absolute. Keeps references to all but the instruction set.
  Starts(RowMatrix const& points, int k, EmSettings const& settings, Knowledge const& known,
         double floor);

  /// k means.
  RowMatrix means(RandomStream& random);
  /// Equal weights, the start's means, and for all components the within-cluster variance of the
  /// points nearest to them. guess: the mixture that the labels describe. two_round, oracle: the
  /// whole mixture. What is known takes the place of what is not. The mixture is isotropic, unless
  /// its covariances are known or the oracle's.
  Mixture mixture(RandomStream& random);

 private:
  Mixture from_means(RowMatrix means);

  RowMatrix const& points_;
  int k_;
  EmSettings const& settings_;
  Knowledge const& known_;
  double floor_;
  PointPasses<double> passes_;
  RowMatrix projected_;  // of the start `spectral`
};

}  // namespace tvem
