#include "framework/optim/optimizer.hpp"

#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/math.hpp"
#include "framework/optim/optimizer_kernels.hpp"

namespace tvem {
namespace {

AdamFactors adam_factors(OptimizerSettings const& settings, double rate, double gradient_factor,
                         std::int64_t n_updates) {
  double const t = as_real(n_updates);
  bool const is_decoupled = settings.optimizer == OptimizerKind::adamw;
  return {.gradient = gradient_factor,
          .beta1 = settings.beta1,
          .beta2 = settings.beta2,
          .first_correction = 1 / (1 - portable_power(settings.beta1, t)),
          .second_correction = 1 / (1 - portable_power(settings.beta2, t)),
          .rate = rate,
          .decay_gradient = is_decoupled ? 0 : settings.weight_decay,
          .keep = is_decoupled ? 1 - rate * settings.weight_decay : 1};
}

/// The same bits with every instruction set, so ranks need not agree on one.
OptimizerKernels const& kernels() { return variant<OptimizerKernels>(); }

void sgd_update(OptimizerSettings const& settings, double rate, std::span<double const> gradient,
                double gradient_factor, std::span<float> parameters, OptimizerState& state) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    double const w = parameters[i];
    double const velocity = settings.momentum * state.first_moment[i] +
                            gradient[i] * gradient_factor + settings.weight_decay * w;
    state.first_moment[i] = rounded_to<float>(velocity);
    parameters[i] = rounded_to<float>(w - rate * velocity);
  }
}

}  // namespace

OptimizerState initial_optimizer_state(OptimizerKind kind, std::size_t n_parameters) {
  OptimizerState state;
  state.first_moment.assign(n_parameters, 0.0f);
  if (kind != OptimizerKind::sgd) state.second_moment.assign(n_parameters, 0.0f);
  return state;
}

void update_parameters(OptimizerSettings const& settings, double rate,
                       std::span<double const> gradient, double gradient_factor,
                       std::span<float> parameters, OptimizerState& state) {
  std::size_t const n = parameters.size();
  bool const is_sgd = settings.optimizer == OptimizerKind::sgd;
  TVEM_CHECK(gradient.size() == n && state.first_moment.size() == n &&
                 (is_sgd || state.second_moment.size() == n),
             "parameters, gradient and optimiser state differ in length");
  ++state.n_updates;
  if (is_sgd) return sgd_update(settings, rate, gradient, gradient_factor, parameters, state);
  kernels().adam(adam_factors(settings, rate, gradient_factor, state.n_updates), n, gradient.data(),
                 state.first_moment.data(), state.second_moment.data(), parameters.data());
}

double gradient_norm(std::span<double const> gradient) {
  return std::sqrt(kernels().square_sum(gradient.data(), gradient.size()));
}

double clip_factor(double norm, double limit) {
  return limit > 0 && norm > limit ? limit / norm : 1.0;
}

}  // namespace tvem
