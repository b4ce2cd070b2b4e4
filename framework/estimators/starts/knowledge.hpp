#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "framework/estimators/settings.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// What a method is told of a task beside its points and k. It is told nothing by an empty member.
struct Knowledge {
  Eigen::VectorXd variances;  // k: the true ones
  RowMatrix factors;          // (k d) x d: of the true covariances, where they are matrices
  bool has_equal_weights = false;
  /// Means are N(0, this I); infinite without a prior.
  double means_prior_variance = std::numeric_limits<double>::infinity();
  std::vector<int> guess;         // n labels in 0..k-1, of the start `guess`
  std::optional<Mixture> oracle;  // of the start `oracle`

  bool has_covariances() const { return variances.size() > 0 || factors.size() > 0; }
  bool has_means_prior() const {
    return means_prior_variance < std::numeric_limits<double>::infinity();
  }
};

/// Knowledge of a task for EM with these settings, of as many components as they assume. A known
/// covariance is that of all components (estimator_problems). guess: of the task, for the start
/// `guess`.
Knowledge knowledge_of(Task const& task, TaskSettings const& prior, EmSettings const& settings,
                       std::vector<int> guess);

/// Puts what is known of weights and covariances in the place of what the mixture has.
void apply_known(Knowledge const& known, Mixture& mixture);

}  // namespace tvem
