#pragma once

#include <vector>

#include "experiments/sweep/grid.hpp"
#include "io/sweep_file.hpp"

namespace tvem {

/// The coordinates of each axis of a sweep in their order. The first one names the dimension:
/// "layers" for model.layers, "evaluate_points" for evaluate.task.points. For keys that change
/// together it is the first whose values all differ, or else `combination_N`.
std::vector<std::vector<NamedCoordinate>> sweep_dimensions(Sweep const& sweep);

}  // namespace tvem
