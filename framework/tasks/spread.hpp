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

/// About the mean variance of a coordinate of a task's points, within and between components, in a
/// task that has the smallest sigma (spherical: in one of its components, the largest in the
/// others) and the means farthest apart; without outliers, and for equal weights.
double widest_mean_variance(TaskSettings const& settings);

/// Draws what `task.covariance` says into a mixture whose means are there; sigma: that of the task
/// (k of them for spherical, one otherwise). tied, diagonal and full have covariance_eigenvalues
/// along random orthonormal directions (tied: the same for all components) or, for diagonal, along
/// the axes in random order.
void draw_covariances(RandomStream& random, TaskSettings const& settings,
                      std::span<double const> sigma, Mixture& mixture);

/// x = mu_j + F_j e with noise e of the mixture's kind. point: d.
void draw_point(RandomStream& random, Mixture const& mixture, Eigen::Index j, double* point);

}  // namespace tvem
