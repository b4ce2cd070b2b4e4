#pragma once

#include "framework/estimators/fit.hpp"
#include "framework/estimators/passes/matrix_passes.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/estimators/passes/robust_passes.hpp"
#include "framework/estimators/starts/knowledge.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// What an M-step may change, and within which bounds.
struct MaximizationRule {
  CovarianceKind covariance = CovarianceKind::shared;
  double floor = 0;  // no variance in any direction is below it, unless it is known
  double ratio = 0;  // nor are two further apart, between components and directions; 0: no bound
  Knowledge const& known;
};

/// E-step at `mixture`, then the weights, means and covariances that maximise the expected
/// log-likelihood; with a prior of the means, the means of the largest posterior density given the
/// covariances, then the covariances given the means. What is known stays. Returns the mean
/// log-likelihood per point of the mixture that it started from. A component without mass keeps
/// mean and covariance and gets weight 0.
template <class T>
double maximize(PointPasses<T>& passes, MaximizationRule const& rule, Mixture& mixture);
double maximize(MatrixPasses& passes, MaximizationRule const& rule, Mixture& mixture);
/// Bounds are those of the t-density's scale matrices. Weights are those among the components.
double maximize(RobustPasses& passes, MaximizationRule const& rule, Mixture& mixture);

/// Log density of the means under their prior, without its constant, per point: what MAP-EM adds to
/// the log-likelihood. 0 without a prior.
double log_prior(Knowledge const& known, Mixture const& mixture, int n_points);

/// Puts each component of weight 0 on a point of its own, the one that the others explain worst. It
/// gets the weight of one point and the mean variance of the others, or what is known of both.
/// is_taken: points that are explained otherwise, by a background; n, or none. Returns the number
/// of such components.
int revive_dead(RowMatrix const& points, MaximizationRule const& rule, Mixture& mixture,
                std::vector<bool> const& is_taken = {});

/// The mixture with variances or matrices, as the rule's covariance has them. Where the rule has
/// one variance for all, it is their mean.
Mixture conformed(Mixture mixture, MaximizationRule const& rule);

/// Whether a component's variance (of Student's t: of its scale matrix) is at the floor in some
/// direction.
bool is_at_floor(Mixture const& mixture, double floor);

/// Says of a fit that has its mixture whether it is at the floor, and whether its variances,
/// between components and directions, are more than ratio_limit times apart (0: no limit), unless
/// the rule bounds their ratio. Far
/// apart they are the sign of a spurious maximum of the likelihood: a component on a few points
/// nearly in a plane (Hathaway 1985; Garcia-Escudero et al. 2008). Known, shared and tied
/// covariances are never spurious.
void judge_covariances(MaximizationRule const& rule, double ratio_limit, Fit& fit);

}  // namespace tvem
