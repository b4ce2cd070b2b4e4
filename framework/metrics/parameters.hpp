#pragma once

#include <span>
#include <vector>

#include "framework/tasks/mixture.hpp"

namespace tvem {

/// Squared distances of an estimated mixture's parameters from the true ones, components aligned.
struct ParameterDistance {
  double means;        // mean over the aligned pairs of |mu_hat - mu|^2
  double weights;      // sum over components of (pi_hat - pi)^2
  double covariances;  // mean over the aligned pairs of |S_hat - S|^2 (Frobenius norm)
};

/// estimate_of: an alignment as of align_labels, over max(k, estimated k) labels: estimate_of[a] is
/// the estimated component that stands for the true component a. Where the numbers of components
/// differ, some have no partner. The whole weight of such a component counts; its mean and
/// covariance do not.
ParameterDistance parameter_distance(Mixture const& truth, Mixture const& estimate,
                                     std::span<int const> estimate_of);

/// The alignment, as above, with the least sum of squared distances of means (Hungarian algorithm).
/// The truth as its own estimate has distance 0.
std::vector<int> align_means(Mixture const& truth, Mixture const& estimate);

}  // namespace tvem
