#pragma once

#include "framework/core/processor/instruction_set.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/estimators/starts/knowledge.hpp"

namespace tvem {

/// Gradient ascent on the mean log-likelihood per point; with a prior of the means, on the
/// posterior density. It steps by Adam (Kingma and Ba 2015) with rate settings.rate, and has the
/// starts and restarts of `em` and the covariances `shared` or `spherical`. Parameters are the
/// logits of the weights, the means in standard deviations of the points, and the logarithms of the
/// variances, kept above the floor. Stops when the best objective has risen by less than
/// settings.tolerance within 20 iterations; the best iterate is kept.
Fit gradient_ascent(RowMatrix const& points, int k, EmSettings const& settings,
                    Restarts const& restarts, Knowledge const& known = {});

}  // namespace tvem
