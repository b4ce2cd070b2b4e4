#pragma once

#include <vector>

#include "framework/tasks/mixture.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// Means and standard deviations of coordinates; those that are constant have the deviation 0.
struct Spread {
  std::vector<double> means, deviations;
};

/// Of the points of one task, coordinate by coordinate.
Spread spread_of(RowMatrix const& points);

/// Of all coordinates of some training tasks.
Spread spread_of_training(Settings const& settings);

}  // namespace tvem
