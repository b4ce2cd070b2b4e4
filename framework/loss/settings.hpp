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

/// The keys `loss.*`.
struct LossSettings {
  LossKind kind = LossKind::permutation_cross_entropy;
};

/// A row for each of the keys.
std::vector<Setting<LossSettings>> const& loss_settings();

}  // namespace tvem
