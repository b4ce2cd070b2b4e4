#pragma once

#include <array>
#include <string_view>

#include "framework/core/enum_names.hpp"

namespace tvem {

/// The vector instructions that the kernels of `nn` were compiled for, lowest first. All ranks of a
/// job use the lowest one present on any of them, because bits differ between them.
enum class InstructionSet { portable, avx2, avx512 };
template <>
inline constexpr auto enum_names<InstructionSet> =
    std::array<std::string_view, 3>{"portable", "avx2", "avx512"};

/// The best instruction set that both this processor and this build have.
InstructionSet best_instruction_set();

}  // namespace tvem
