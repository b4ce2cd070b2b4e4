#pragma once

#include "framework/core/processor/instruction_set.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/estimators/starts/knowledge.hpp"

namespace tvem {

/// Hartigan's method (1975) for k-means, with restarts. It starts from the nearest of the start's
/// means for each point. Point after point moves to the cluster where the sum of squares falls
/// most, and the means move along. It ends when a round over all points moves none, or after
/// settings.max_iterations rounds. Its fixed points are fixed points of Lloyd's algorithm, but not
/// the other way round (Telgarsky and Vattani 2010). No cluster loses its last point, and an empty
/// one takes a point that differs from its own mean. With fewer different points than clusters some
/// stay empty; they count as dead.
Fit hartigan(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts,
             Knowledge const& known = {});

}  // namespace tvem
