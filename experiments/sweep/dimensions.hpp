#pragma once

#include <vector>

#include "experiments/sweep/grid.hpp"
#include "io/sweep_file.hpp"

namespace tvem {

/// The coordinates of each axis of a sweep, in their order; the first one names the dimension. It
/// is "layers" for model.layers, "evaluate_points" for evaluate.task.points, and for keys that
/// change together the first one whose values all differ, or `combination_N` where there is none.
std::vector<std::vector<NamedCoordinate>> sweep_dimensions(Sweep const& sweep);

}  // namespace tvem
