#pragma once

#include "framework/core/random.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// A row uniform on the sphere of the given radius.
void draw_on_sphere(RandomStream& random, double radius, Eigen::Ref<Eigen::RowVectorXd> row);

/// Makes the rows first..last of a matrix orthonormal and uniformly oriented, by Gram-Schmidt on
/// Gaussian vectors, twice for accuracy. There are at most as many rows as columns.
void draw_frame(RandomStream& random, Eigen::Index first, Eigen::Index last, RowMatrix& rows);

}  // namespace tvem
