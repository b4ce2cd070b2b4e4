#pragma once

#include <span>

#include "tvem/core/random.hpp"
#include "tvem/core/settings.hpp"
#include "tvem/tasks/mixture.hpp"

namespace tvem {

/// Draws what `task.covariance` says into a mixture whose means are there; sigma: that of the task
/// (k of them for spherical, one otherwise). tied, diagonal and full have the eigenvalues
///   sigma^2 r^(i / (d - 1) - 1/2), i = 0..d-1, r = task.eigenvalue_ratio,
/// whose geometric mean is sigma^2: along random orthonormal directions (tied: the same for all
/// components) or, for diagonal, along the axes in random order.
void draw_covariances(RandomStream& random, TaskSettings const& settings,
                      std::span<double const> sigma, Mixture& mixture);

/// x = mu_j + F_j e with noise e of the mixture's kind. point: d.
void draw_point(RandomStream& random, Mixture const& mixture, Eigen::Index j, double* point);

}  // namespace tvem
