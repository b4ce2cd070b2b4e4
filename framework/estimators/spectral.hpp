#pragma once

#include "framework/core/processor/instruction_set.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/estimators/settings.hpp"

namespace tvem {

/// Coordinates of the points (n x d) in the span of their k leading right singular vectors, without
/// centring: n x k. With d <= k the points themselves, since a projection changes no distance.
RowMatrix spectral_projection(RowMatrix const& points, int k);

/// Spectral clustering (Löffler, Zhang and Zhou 2021): Lloyd with restarts on the spectral
/// projection. The fit's mixture is the one that the labels describe. With d <= k the labels are
/// those of `lloyd`.
Fit spectral(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts);

}  // namespace tvem
