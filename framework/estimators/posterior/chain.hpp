#pragma once

#include <vector>

#include "framework/core/aligned_buffer.hpp"
#include "framework/core/random.hpp"
#include "framework/estimators/passes/pass_kernels.hpp"
#include "framework/tasks/mixture.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// What a chain is in: labels, and a mixture of isotropic Gaussians.
struct ChainState {
  std::vector<int> labels;          // n, in 0..k-1
  RowMatrix means;                  // k x d
  RowMatrix vertices;               // simplex means: k x d, what they are from their centre
  std::vector<double> sigmas;       // k
  std::vector<double> log_weights;  // k
  double log_likelihood = 0;  // sum_i log p(x_i | its label, mean and sigma), without constants
};

/// A Gibbs sampler of labels and mixture given the points of a task, under the prior it was drawn
/// from (posterior_problems says which), with parallel tempering.
///
/// State t has the density prior x likelihood^beta_t, where beta_0 = 1 and the others fall to where
/// the prior's means are about one sigma apart, so that labels move freely there. A sweep draws
/// means, sigmas, weights and labels of every state given the rest, and then offers neighbours to
/// change places (Geyer 1991). So state 0 meets all modes of the posterior in their proportions.
class PosteriorChain {
 public:
  /// Begins at the nearest of k points for each point. points: n x d. prior: one family.
  PosteriorChain(RowMatrix const& points, int k, TaskSettings const& prior, int n_temperatures,
                 RandomStream random);

  void sweep();
  /// State 0: a draw from the posterior, once the chain has forgotten where it began.
  ChainState const& state() const { return states_[0]; }
  /// Draws the labels of state 0 anew, given its mixture: another draw from the posterior.
  std::vector<int> const& redrawn_labels();

 private:
  void sum_points(ChainState const& state);
  void draw_means(double beta, ChainState& state);
  void draw_gaussian_means(double beta, ChainState& state);
  void draw_simplex_means(double beta, ChainState& state);
  void draw_centre(double beta, ChainState& state);
  void draw_sigmas(double beta, ChainState& state);
  double draw_sigma(double beta, double n_values, double square_sum, double present);
  void draw_weights(ChainState& state);
  void weigh_labels(double beta, ChainState const& state);
  void draw_labels(double beta, ChainState& state);
  void exchange_neighbours();

  RowMatrix points_;  // n x d
  TaskSettings prior_;
  RandomStream random_;
  std::vector<double> betas_;
  std::vector<ChainState> states_;
  // Of the state at work.
  std::vector<int> counts_;                                // k: points of each label
  RowMatrix point_sums_;                                   // k x d: of the points of each label
  Eigen::RowVectorXd centre_;                              // d: of simplex means
  std::vector<double> log_volumes_;                        // k: d log sigma_j
  AlignedVector<double> half_precisions_, log_scales_;     // k
  AlignedVector<double> blocks_;                           // the points, as passes read them
  AlignedVector<double> weights_, squares_, sums_, tops_;  // LabelWeightsPass
};

}  // namespace tvem
