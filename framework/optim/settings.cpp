#include "framework/optim/settings.hpp"

namespace tvem {

namespace {

using T = OptimizerSettings;
using Table = std::vector<Setting<T>>;

Table step_settings() {
  return {
      number("steps", &T::steps, {0, any_count}, "optimiser steps; 0: the model as it begins"),
      word("optimizer", &T::optimizer, "optimiser").with_first_default("adam"),
      number("rate", &T::rate, {positive, unbounded}, "learning rate after the warm-up"),
      word("schedule", &T::schedule,
           "learning rate after the warm-up: constant, cosine to 0, or 1/sqrt(step)"),
      number("warmup", &T::warmup, {0, any_count}, "steps over which the learning rate rises"),
      number("clip", &T::clip, {0, unbounded}, "largest norm of the gradient; 0: no clipping"),
      number("weight_decay", &T::weight_decay, {0, unbounded},
             "adamw and muon: decoupled; else added to the gradient"),
  };
}

Table moment_settings() {
  auto const has_adam = [](T const& s) { return s.optimizer != OptimizerKind::sgd; };
  auto const has_momentum = [](T const& s) {
    return s.optimizer == OptimizerKind::sgd || s.optimizer == OptimizerKind::muon;
  };
  return {
      number("beta1", &T::beta1, {0, 0.999999}, "of adam and adamw, and of what muon leaves to it")
          .read_if(has_adam, "train.optimizer = adam, adamw or muon"),
      number("beta2", &T::beta2, {0, 0.9999999}, "of adam and adamw, and of what muon leaves to it")
          .read_if(has_adam, "train.optimizer = adam, adamw or muon"),
      number("momentum", &T::momentum, {0, 0.999999}, "of sgd, and of muon's hidden matrices")
          .read_if(has_momentum, "train.optimizer = sgd or muon"),
  };
}

Table other_settings() {
  auto const is_muon = [](T const& s) { return s.optimizer == OptimizerKind::muon; };
  return {
      number("matrix_rate", &T::matrix_rate, {positive, unbounded},
             "muon's learning rate of hidden matrices; it follows the schedule of train.rate")
          .read_if(is_muon, "train.optimizer = muon"),
      number("average", &T::average, {0, 0.9999999},
             "the trained model is a moving average of the parameters, of which a step keeps this "
             "share; 0: the last parameters"),
  };
}

}  // namespace

std::vector<Setting<OptimizerSettings>> const& optimizer_settings() {
  static Table const table = one_table({step_settings(), moment_settings(), other_settings()});
  return table;
}

}  // namespace tvem
