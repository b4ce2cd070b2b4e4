#pragma once

#include <cstdint>
#include <span>

#include "framework/core/aligned_buffer.hpp"
#include "framework/optim/settings.hpp"

namespace tvem {

/// All that an optimiser remembers between steps; checkpoints hold it whole.
struct OptimizerState {
  std::int64_t n_updates = 0;
  AlignedVector<float> first_moment;  // mean gradient (adam, adamw) or velocity (sgd); n parameters
  AlignedVector<float> second_moment;  // mean squared gradient; n parameters, empty for sgd
};

/// The state before the first update.
OptimizerState initial_optimizer_state(OptimizerKind kind, std::size_t n_parameters);

/// One update of the parameters, computed by every rank from identical bits in one fixed order.
/// parameters, gradient: n. The update uses g = gradient_factor * gradient. The factor turns the
/// sum over the step's tasks into a mean and clips it; so one pass over the flat vectors is enough.
///   adam   Kingma and Ba 2015, bias-corrected; weight_decay is added to the gradient
///   adamw  Loshchilov and Hutter 2019; weight_decay shrinks the parameters by rate * weight_decay
///   sgd    v = momentum v + g; parameters -= rate v; weight_decay is added to the gradient
void update_parameters(OptimizerSettings const& settings, double rate,
                       std::span<double const> gradient, double gradient_factor,
                       std::span<float> parameters, OptimizerState& state);

/// Euclidean norm. The order of the sum is fixed (OptimizerKernels).
double gradient_norm(std::span<double const> gradient);

/// The factor that makes the norm of a gradient at most `limit`; a limit of 0 means no clipping.
double clip_factor(double norm, double limit);

}  // namespace tvem
