#pragma once

#include "framework/core/random.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// A step of a Gibbs sampler on the rotations of `vertices` (k x d) with the density
/// exp(sum_j <pulls_j, vertices_j>) (the matrix von Mises-Fisher distribution): turns them in each
/// plane of two coordinates, one after another, by an angle drawn given all else. That angle has a
/// von Mises distribution, drawn by rejection (Best and Fisher 1979). pulls: k x d.
void draw_rotation(RandomStream& random, RowMatrix const& pulls, RowMatrix& vertices);

}  // namespace tvem
