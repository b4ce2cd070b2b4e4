#pragma once

#include <array>
#include <string_view>

#include "framework/core/enum_names.hpp"

namespace tvem {

/// Activation of the perceptron. No configuration can name `none`: it is for layers without one.
enum class Activation { gelu, relu, none };
template <>
inline constexpr auto enum_names<Activation> = std::array<std::string_view, 2>{"gelu", "relu"};

}  // namespace tvem
