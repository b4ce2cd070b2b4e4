#include "framework/optim/settings.hpp"

namespace tvem {

std::vector<Setting<OptimizerSettings>> const& optimizer_settings() {
  using T = OptimizerSettings;
  auto const is_adam = [](T const& s) { return s.optimizer != OptimizerKind::sgd; };
  static std::vector<Setting<T>> const table{
      number("steps", &T::steps, {1, any_count}, "optimiser steps"),
      word("optimizer", &T::optimizer, "optimiser"),
      number("rate", &T::rate, {positive, unbounded}, "learning rate after the warm-up"),
      word("schedule", &T::schedule,
           "learning rate after the warm-up: constant, cosine to 0, or 1/sqrt(step)"),
      number("warmup", &T::warmup, {0, any_count}, "steps over which the learning rate rises"),
      number("clip", &T::clip, {0, unbounded}, "largest norm of the gradient; 0: no clipping"),
      number("weight_decay", &T::weight_decay, {0, unbounded},
             "adamw: decoupled; else added to the gradient"),
      number("beta1", &T::beta1, {0, 0.999999}, "of adam and adamw")
          .read_if(is_adam, "train.optimizer = adam or adamw"),
      number("beta2", &T::beta2, {0, 0.9999999}, "of adam and adamw")
          .read_if(is_adam, "train.optimizer = adam or adamw"),
      number("momentum", &T::momentum, {0, 0.999999}, "of sgd")
          .read_if([](T const& s) { return s.optimizer == OptimizerKind::sgd; },
                   "train.optimizer = sgd"),
  };
  return table;
}

}  // namespace tvem
