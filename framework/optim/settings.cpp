#include "framework/optim/settings.hpp"

namespace tvem {

namespace {

using T = OptimizerSettings;
using Table = std::vector<Setting<T>>;

Table step_settings() {
  return {
      number("steps", &T::steps, {1, any_count}, "optimiser steps"),
      word("optimizer", &T::optimizer, "optimiser"),
      number("rate", &T::rate, {positive, unbounded}, "learning rate after the warm-up"),
      word("schedule", &T::schedule,
           "learning rate after the warm-up: constant, cosine to 0, or 1/sqrt(step)"),
      number("warmup", &T::warmup, {0, any_count}, "steps over which the learning rate rises"),
      number("clip", &T::clip, {0, unbounded}, "largest norm of the gradient; 0: no clipping"),
      number("weight_decay", &T::weight_decay, {0, unbounded},
             "adamw: decoupled; else added to the gradient"),
  };
}

Table moment_settings() {
  auto const is_adam = [](T const& s) { return s.optimizer != OptimizerKind::sgd; };
  auto const is_sgd = [](T const& s) { return s.optimizer == OptimizerKind::sgd; };
  return {
      number("beta1", &T::beta1, {0, 0.999999}, "of adam and adamw")
          .read_if(is_adam, "train.optimizer = adam or adamw"),
      number("beta2", &T::beta2, {0, 0.9999999}, "of adam and adamw")
          .read_if(is_adam, "train.optimizer = adam or adamw"),
      number("momentum", &T::momentum, {0, 0.999999}, "of sgd")
          .read_if(is_sgd, "train.optimizer = sgd"),
  };
}

}  // namespace

std::vector<Setting<OptimizerSettings>> const& optimizer_settings() {
  static Table const table = one_table({step_settings(), moment_settings()});
  return table;
}

}  // namespace tvem
