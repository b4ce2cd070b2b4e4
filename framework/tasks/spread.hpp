#pragma once

#include <span>

#include "framework/core/random.hpp"
#include "framework/tasks/mixture.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// The eigenvalues of the covariances tied, diagonal and full in d dimensions:
///   proportional to r^(i / (d - 1)), i = 0..d-1, r = task.eigenvalue_ratio,
/// with the mean sigma^2, so that sigma is the standard deviation of a coordinate.
Eigen::VectorXd covariance_eigenvalues(double sigma, double ratio, Eigen::Index d);

/// How far apart the true variances of one task can be, between components and directions: the
/// largest over the smallest.
double largest_variance_ratio(TaskSettings const& settings);

/// The smallest true variance of a component in any direction.
double smallest_variance(TaskSettings const& settings);

/// About the mean variance of a coordinate of a task's points, within and between components. The
/// task has the smallest sigma (spherical: in one of its components, the largest in the others),
/// the means farthest apart, equal weights and no outliers.
double widest_mean_variance(TaskSettings const& settings);
/// Its root, the largest over the families: the size of coordinates.
double widest_spread(TaskSettings const& settings);

/// Draws the covariances that `task.covariance` names into a mixture that has its means. sigma: of
/// the task (k of them for spherical, one otherwise). tied, diagonal and full have
/// covariance_eigenvalues. Their directions are random and orthonormal (tied: the same for all
/// components); those of diagonal are the axes in random order.
void draw_covariances(RandomStream& random, TaskSettings const& settings,
                      std::span<double const> sigma, Mixture& mixture);

/// x = mu_j + F_j e with noise e of the mixture's kind. point: d.
void draw_point(RandomStream& random, Mixture const& mixture, Eigen::Index j, double* point);

}  // namespace tvem
