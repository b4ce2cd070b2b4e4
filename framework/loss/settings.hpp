#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/setting.hpp"

namespace tvem {

enum class LossKind { permutation_cross_entropy, negative_log_likelihood, permutation_parameters };
template <>
inline constexpr auto enum_names<LossKind> = std::array<std::string_view, 3>{
    "permutation_cross_entropy", "negative_log_likelihood", "permutation_parameters"};

/// What the cross-entropy compares the outputs with: the label that each point was drawn with, or
/// its probabilities p(z | x) under the task's true mixture (soft labels, with less noise).
enum class TargetKind { labels, posterior };
template <>
inline constexpr auto enum_names<TargetKind> =
    std::array<std::string_view, 2>{"labels", "posterior"};

/// The keys `loss.*`.
struct LossSettings {
  LossKind kind = LossKind::permutation_cross_entropy;
  TargetKind targets = TargetKind::labels;
};

/// A row for each of the keys.
std::vector<Setting<LossSettings>> const& loss_settings();

}  // namespace tvem
