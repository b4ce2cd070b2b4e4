#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "framework/core/aligned_buffer.hpp"
#include "framework/nn/parameters.hpp"
#include "framework/optim/muon.hpp"
#include "framework/optim/settings.hpp"

namespace tvem {

/// All that an optimiser remembers between steps; checkpoints hold it whole.
struct OptimizerState {
  std::int64_t n_updates = 0;
  AlignedVector<float> first_moment;   // mean gradient, or velocity (sgd); n parameters
  AlignedVector<float> second_moment;  // mean squared gradient; n parameters, empty for sgd
  AlignedVector<float> average;  // moving average of the parameters; empty without train.average
};

/// The state before the first update.
OptimizerState initial_optimizer_state(OptimizerKind kind, std::size_t n_parameters);

/// How parameters follow gradients, computed from identical bits on every rank.
///   adam   Kingma and Ba 2015, bias-corrected; weight_decay is added to the gradient
///   adamw  Loshchilov and Hutter 2019; weight_decay shrinks the parameters by rate * weight_decay
///   sgd    v = momentum v + g; parameters -= rate v; weight_decay is added to the gradient
///   muon   class Muon for the hidden matrices, at matrix_rate; adamw for all else. Its second
///          moments of hidden matrices stay 0.
class Optimizer {
 public:
  /// share: used by muon alone, whose update is then collective.
  Optimizer(OptimizerSettings const& settings, ParameterLayout const& layout, RankShare share = {});

  /// One update. parameters, gradient: n. The update uses g = gradient_factor * gradient. The
  /// factor turns the sum over the step's tasks into a mean and clips it; so one pass over the flat
  /// vectors is enough. Then the average of the parameters moves to b average + (1 - b) parameters,
  /// with b the smaller of train.average and t / (t + 9) in update t. rate: of this step, as
  /// learning_rate has it; matrix_rate follows it in proportion.
  void update(double rate, std::span<double const> gradient, double gradient_factor,
              std::span<float> parameters, OptimizerState& state);

 private:
  void update_by_adam(double rate, std::span<double const> gradient, double gradient_factor,
                      std::span<float> parameters, OptimizerState& state) const;
  void update_by_sgd(double rate, std::span<double const> gradient, double gradient_factor,
                     std::span<float> parameters, OptimizerState& state) const;

  void update_by_muon(double rate, std::span<double const> gradient, double gradient_factor,
                      std::span<float> parameters, OptimizerState& state);
  void update_average(std::span<float const> parameters, OptimizerState& state) const;

  OptimizerSettings settings_;
  std::size_t n_parameters_;
  std::vector<ParameterRange> adam_ranges_;  // all parameters, or with muon all but hidden matrices
  std::optional<Muon> muon_;
};

/// Euclidean norm. The order of the sum is fixed (OptimizerKernels).
double gradient_norm(std::span<double const> gradient);

/// The factor that makes the norm of a gradient at most `limit`; a limit of 0 means no clipping.
double clip_factor(double norm, double limit);

}  // namespace tvem
