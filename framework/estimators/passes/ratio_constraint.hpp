#pragma once

#include <vector>

namespace tvem {

/// A variance of a component in some direction, as its points have it, and their mass.
struct WeighedVariance {
  double variance;
  double mass;
};

/// Moves variances into an interval [m, ratio m] with m >= floor, those outside to its nearer end.
/// m is the one that maximises the expected log-likelihood
///   -1/2 sum_i mass_i (log v_i + variance_i / v_i),  v_i: the variance after the move.
/// On each interval between neighbours of all variance_i and variance_i / ratio the maximiser has a
/// closed form (Fritz, Garcia-Escudero and Mayo-Iscar 2013). ratio >= 1, floor > 0. Variances that
/// are not finite stay, and all others with them.
void constrain_ratio(double ratio, double floor, std::vector<WeighedVariance>& variances);

}  // namespace tvem
