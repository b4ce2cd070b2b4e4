#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "framework/optim/settings.hpp"
#include "framework/train/settings.hpp"

namespace tvem::bench {

/// A training step that is measured: from one that caches hold whole to one that fills a cluster
/// node.
struct Configuration {
  std::string_view name;
  int layers, heads, width, tasks, points, dim, components;
};

inline constexpr std::array<Configuration, 5> configurations{{
    {"T", 2, 1, 32, 32, 50, 2, 2},
    {"S", 3, 2, 64, 64, 100, 4, 3},
    {"M", 6, 4, 128, 64, 100, 4, 3},
    {"L", 12, 4, 128, 64, 128, 8, 5},
    {"XL", 12, 8, 256, 32, 256, 8, 5},
}};

inline Configuration const& configuration_named(std::string_view name) {
  for (Configuration const& configuration : configurations)
    if (configuration.name == name) return configuration;
  throw std::invalid_argument("no configuration " + std::string(name));
}

/// The settings of a training of `configuration`: pre-norm, GELU, Adam, fixed sizes, points as they
/// are: what peers do, too.
inline Settings settings_of(Configuration const& c) {
  Settings settings;
  settings.task.dim = {c.dim, c.dim};
  settings.task.components = {c.components, c.components};
  settings.task.points = {c.points, c.points};
  settings.model.layers = c.layers;
  settings.model.heads = c.heads;
  settings.model.width = c.width;
  settings.train.tasks_per_step = c.tasks;
  settings.train.steps = 1000000;
  settings.input.frame = FrameKind::none;
  settings.train.optimizer = OptimizerKind::adam;
  settings.train.rate = 1e-4;
  settings.train.schedule = ScheduleKind::constant;
  return settings;
}

/// Operations of a step: 2 m n k of every matrix product, backward as twice forward; the embedding
/// has no gradient of its input. What is not a product counts nothing.
inline double flops_of_step(Configuration const& c) {
  double const rows = static_cast<double>(c.tasks) * c.points, width = c.width;
  double const linear = 2 * rows * width * 12 * width;            // qkv 3, out 1, up 4, down 4
  double const attention = 4 * rows * c.points * width;           // Q K^T and P V
  double const ends = 2 * rows * width * (c.dim + c.components);  // embedding and read-out
  return 3 * (c.layers * (linear + attention) + ends) - 2 * rows * c.dim * width;
}

}  // namespace tvem::bench
