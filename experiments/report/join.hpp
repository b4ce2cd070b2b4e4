#pragma once

#include "framework/records/evaluation.hpp"

namespace tvem {

/// Adds the rows of estimators that met the same tasks. Throws Error when the tasks are others.
void join(Evaluation& table, Evaluation const& others);
/// Whether both have the same tasks: ids, and points as the MAP rule sees them.
bool have_same_tasks(Evaluation const& a, Evaluation const& b);

}  // namespace tvem
