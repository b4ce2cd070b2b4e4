#pragma once

#include "tvem/core/settings.hpp"
#include "tvem/em/matrix_passes.hpp"
#include "tvem/em/point_passes.hpp"

namespace tvem {

/// Whether components have matrices for covariances (Mixture::factors) rather than variances.
inline bool has_matrices(CovarianceKind covariance) {
  return covariance != CovarianceKind::shared && covariance != CovarianceKind::spherical;
}

/// E-step at `mixture`, then the weights, means and covariances that maximise the expected
/// log-likelihood, no variance in any direction being below `floor`. Returns the mean
/// log-likelihood per point of the mixture that it started from. A component without mass keeps
/// mean and covariance and gets weight 0.
template <class T>
double maximize(PointPasses<T>& passes, CovarianceKind covariance, double floor, Mixture& mixture);
double maximize(MatrixPasses& passes, CovarianceKind covariance, double floor, Mixture& mixture);

/// Puts each component of weight 0 on a point of its own, the one that the others explain worst,
/// with the weight of one point and the mean variance of the others. Returns how many there were.
int revive_dead(RowMatrix const& points, CovarianceKind covariance, Mixture& mixture);

/// Whether a component's variance is at the floor in some direction.
bool is_at_floor(Mixture const& mixture, double floor);

}  // namespace tvem
