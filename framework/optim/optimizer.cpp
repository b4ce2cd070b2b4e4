#include "tvem/optim/optimizer.hpp"

#include <cmath>

#include "tvem/core/error.hpp"
#include "tvem/core/math.hpp"

namespace tvem {
namespace {

struct AdamFactors {
  double beta1, beta2, first_correction, second_correction, rate, decay_gradient, keep;
};

AdamFactors adam_factors(TrainSettings const& settings, double rate, std::int64_t n_updates) {
  auto const t = static_cast<double>(n_updates);
  bool const is_decoupled = settings.optimizer == OptimizerKind::adamw;
  return {.beta1 = settings.beta1,
          .beta2 = settings.beta2,
          .first_correction = 1 / (1 - portable_power(settings.beta1, t)),
          .second_correction = 1 / (1 - portable_power(settings.beta2, t)),
          .rate = rate,
          .decay_gradient = is_decoupled ? 0 : settings.weight_decay,
          .keep = is_decoupled ? 1 - rate * settings.weight_decay : 1};
}

void adam_update(AdamFactors const& f, std::span<double const> gradient_mean,
                 std::span<float> parameters, OptimizerState& state) {
  constexpr double epsilon = 1e-8;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    double const w = static_cast<double>(parameters[i]);
    double const g = gradient_mean[i] + f.decay_gradient * w;
    double const m = f.beta1 * static_cast<double>(state.first_moment[i]) + (1 - f.beta1) * g;
    double const v = f.beta2 * static_cast<double>(state.second_moment[i]) + (1 - f.beta2) * g * g;
    double const step =
        f.rate * (m * f.first_correction) / (std::sqrt(v * f.second_correction) + epsilon);
    state.first_moment[i] = static_cast<float>(m);
    state.second_moment[i] = static_cast<float>(v);
    parameters[i] = static_cast<float>(w * f.keep - step);
  }
}

void sgd_update(TrainSettings const& settings, double rate, std::span<double const> gradient_mean,
                std::span<float> parameters, OptimizerState& state) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    double const w = static_cast<double>(parameters[i]);
    double const velocity = settings.momentum * static_cast<double>(state.first_moment[i]) +
                            gradient_mean[i] + settings.weight_decay * w;
    state.first_moment[i] = static_cast<float>(velocity);
    parameters[i] = static_cast<float>(w - rate * velocity);
  }
}

}  // namespace

OptimizerState initial_optimizer_state(OptimizerKind kind, std::size_t n_parameters) {
  OptimizerState state;
  state.first_moment.assign(n_parameters, 0.0f);
  if (kind != OptimizerKind::sgd) state.second_moment.assign(n_parameters, 0.0f);
  return state;
}

void update_parameters(TrainSettings const& settings, double rate,
                       std::span<double const> gradient_mean, std::span<float> parameters,
                       OptimizerState& state) {
  TVEM_CHECK(
      gradient_mean.size() == parameters.size() && state.first_moment.size() == parameters.size(),
      "parameters, gradient and optimiser state differ in length");
  ++state.n_updates;
  if (settings.optimizer == OptimizerKind::sgd)
    sgd_update(settings, rate, gradient_mean, parameters, state);
  else
    adam_update(adam_factors(settings, rate, state.n_updates), gradient_mean, parameters, state);
}

double gradient_norm(std::span<double const> gradient) {
  double square_sum = 0;
  for (double const g : gradient) square_sum += g * g;
  return std::sqrt(square_sum);
}

double clip_gradient(std::span<double> gradient, double limit) {
  double const norm = gradient_norm(gradient);
  if (limit > 0 && norm > limit)
    for (double& g : gradient) g *= limit / norm;
  return norm;
}

}  // namespace tvem
