#include "framework/metrics/parameters.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/assignment.hpp"
#include "framework/core/error.hpp"

namespace tvem {

ParameterDistance parameter_distance(Mixture const& truth, Mixture const& estimate,
                                     std::span<int const> estimate_of) {
  TVEM_CHECK(truth.dim() == estimate.dim(), "mixtures of different dimensions");
  int const k = std::max(truth.components(), estimate.components());
  TVEM_CHECK(count_of(estimate_of) == k, "the alignment is not one of these mixtures");
  ParameterDistance distance{};
  int n_pairs = 0;
  for (int a = 0; a < k; ++a) {
    int const b = estimate_of[a];
    bool const is_true = a < truth.components(), is_estimated = b < estimate.components();
    double const weight =
        (is_estimated ? estimate.weights[b] : 0) - (is_true ? truth.weights[a] : 0);
    distance.weights += weight * weight;
    if (!is_true || !is_estimated) continue;
    ++n_pairs;
    distance.means += (estimate.means.row(b) - truth.means.row(a)).squaredNorm();
    distance.covariances += (covariance_of(estimate, b) - covariance_of(truth, a)).squaredNorm();
  }
  distance.means /= n_pairs;
  distance.covariances /= n_pairs;
  return distance;
}

std::vector<int> align_means(Mixture const& truth, Mixture const& estimate) {
  int const k = std::max(truth.components(), estimate.components());
  // Pairs with a component that is not there cost nothing. Costs are finite, whatever the estimate.
  std::vector<double> costs(k * k);
  for (int a = 0; a < truth.components(); ++a)
    for (int b = 0; b < estimate.components(); ++b)
      costs[a * k + b] =
          std::fmin((estimate.means.row(b) - truth.means.row(a)).squaredNorm(), 1e300);
  return minimum_cost_assignment(costs, k);
}

}  // namespace tvem
