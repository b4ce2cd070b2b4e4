#include "framework/optim/optimizer.hpp"

#include <algorithm>
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
  bool const is_decoupled = settings.optimizer != OptimizerKind::adam;
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

bool is_hidden(ParameterLayout const& layout, ParameterView const& view) {
  return std::ranges::any_of(
      layout.hidden(), [&](HiddenMatrix const& matrix) { return matrix.offset == view.offset; });
}

/// The parts of the flat vector that adam updates.
std::vector<ParameterRange> adam_ranges(OptimizerKind kind, ParameterLayout const& layout) {
  if (kind != OptimizerKind::muon) return {{0, layout.size()}};
  std::vector<ParameterRange> ranges;
  for (ParameterView const& view : layout.views())
    if (!is_hidden(layout, view)) ranges.push_back({view.offset, view.size()});
  return ranges;
}

}  // namespace

OptimizerState initial_optimizer_state(OptimizerKind kind, std::size_t n_parameters) {
  OptimizerState state;
  state.first_moment.assign(n_parameters, 0.0f);
  if (kind != OptimizerKind::sgd) state.second_moment.assign(n_parameters, 0.0f);
  return state;
}

Optimizer::Optimizer(OptimizerSettings const& settings, ParameterLayout const& layout,
                     RankShare share)
    : settings_(settings),
      n_parameters_(layout.size()),
      adam_ranges_(adam_ranges(settings.optimizer, layout)) {
  if (settings.optimizer == OptimizerKind::muon) muon_.emplace(layout.hidden(), std::move(share));
}

void Optimizer::update(double rate, std::span<double const> gradient, double gradient_factor,
                       std::span<float> parameters, OptimizerState& state) {
  bool const is_sgd = settings_.optimizer == OptimizerKind::sgd;
  for (std::size_t const size : {gradient.size(), parameters.size(), state.first_moment.size(),
                                 is_sgd ? n_parameters_ : state.second_moment.size()})
    TVEM_CHECK(size == n_parameters_, "parameters, gradient and optimiser state differ in length");
  ++state.n_updates;
  if (is_sgd)
    update_by_sgd(rate, gradient, gradient_factor, parameters, state);
  else
    update_by_adam(rate, gradient, gradient_factor, parameters, state);
  if (muon_) update_by_muon(rate, gradient, gradient_factor, parameters, state);
  if (settings_.average > 0) update_average(parameters, state);
}

void Optimizer::update_by_muon(double rate, std::span<double const> gradient,
                               double gradient_factor, std::span<float> parameters,
                               OptimizerState& state) {
  double const matrix_rate = rate / settings_.rate * settings_.matrix_rate;
  muon_->update({.rate = matrix_rate,
                 .keep = 1 - matrix_rate * settings_.weight_decay,
                 .momentum = settings_.momentum,
                 .gradient = gradient_factor},
                gradient, state.first_moment, parameters);
}

void Optimizer::update_by_adam(double rate, std::span<double const> gradient,
                               double gradient_factor, std::span<float> parameters,
                               OptimizerState& state) const {
  AdamFactors const factors = adam_factors(settings_, rate, gradient_factor, state.n_updates);
  for (auto const& [offset, size] : adam_ranges_)
    kernels().adam(factors, size, gradient.data() + offset, state.first_moment.data() + offset,
                   state.second_moment.data() + offset, parameters.data() + offset);
}

void Optimizer::update_average(std::span<float const> parameters, OptimizerState& state) const {
  if (state.average.empty()) state.average.assign(parameters.begin(), parameters.end());
  double const t = as_real(state.n_updates);
  double const keep = std::min(settings_.average, t / (t + 9));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    state.average[i] = rounded_to<float>(keep * state.average[i] + (1 - keep) * parameters[i]);
}

void Optimizer::update_by_sgd(double rate, std::span<double const> gradient, double gradient_factor,
                              std::span<float> parameters, OptimizerState& state) const {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    double const w = parameters[i];
    double const velocity = settings_.momentum * state.first_moment[i] +
                            gradient[i] * gradient_factor + settings_.weight_decay * w;
    state.first_moment[i] = rounded_to<float>(velocity);
    parameters[i] = rounded_to<float>(w - rate * velocity);
  }
}

double gradient_norm(std::span<double const> gradient) {
  return std::sqrt(kernels().square_sum(gradient.data(), gradient.size()));
}

double clip_factor(double norm, double limit) {
  return limit > 0 && norm > limit ? limit / norm : 1.0;
}

}  // namespace tvem
