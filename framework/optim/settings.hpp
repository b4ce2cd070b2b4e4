#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/setting.hpp"

namespace tvem {

enum class OptimizerKind { adam, adamw, sgd, muon };
template <>
inline constexpr auto enum_names<OptimizerKind> =
    std::array<std::string_view, 4>{"adam", "adamw", "sgd", "muon"};

enum class ScheduleKind { constant, cosine, rsqrt };
template <>
inline constexpr auto enum_names<ScheduleKind> =
    std::array<std::string_view, 3>{"constant", "cosine", "rsqrt"};

/// The keys `train.*` that say how parameters change.
struct OptimizerSettings {
  std::int64_t steps = 2000;
  OptimizerKind optimizer = OptimizerKind::muon;
  double rate = 3e-3;
  double matrix_rate = 0.02;
  ScheduleKind schedule = ScheduleKind::cosine;
  std::int64_t warmup = 100;
  double clip = 1;
  double weight_decay = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double momentum = 0.9;
  double average = 0;
};

/// A row for each of the keys.
std::vector<Setting<OptimizerSettings>> const& optimizer_settings();

}  // namespace tvem
