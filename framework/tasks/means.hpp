#pragma once

#include <string>

#include "framework/core/random.hpp"
#include "framework/tasks/mixture.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// Sizes of a task, as far as its means depend on them.
struct Shape {
  int components;
  int dim;
  double sigma;       // the unit of the separation
  double scale;       // of task.scale
  double separation;  // of task.separation
};

/// Draws means (components x dim) whose distances are all at least the separation. Draws the whole
/// set again until they are, so that the distribution is the conditional one. Returns whether that
/// happened within 100 000 draws.
bool draw_means(RandomStream& random, TaskSettings const& settings, Shape const& shape,
                RowMatrix& means);

/// Says why draw_means found none, and what to change.
std::string impossible_separation(TaskSettings const& settings, Shape const& shape);

}  // namespace tvem
