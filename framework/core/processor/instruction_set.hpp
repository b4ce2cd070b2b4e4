#pragma once

#include <array>
#include <string_view>

#include "framework/core/enum_names.hpp"

namespace tvem {

/// The vector instructions that the kernels were compiled for, lowest first. All give the same
/// bits.
enum class InstructionSet { portable, avx2, avx512 };
template <>
inline constexpr auto enum_names<InstructionSet> =
    std::array<std::string_view, 3>{"portable", "avx2", "avx512"};

/// The best instruction set that both this processor and this build have.
InstructionSet best_instruction_set();

/// The instruction set of the kernels: the best one, or a lower one that the environment's
/// TVEM_INSTRUCTION_SET names. Throws ConfigurationError when it names none that is here.
InstructionSet instruction_set_in_use();
/// Chooses it from now on, for tests and benchmarks. It must be here. Not thread-safe.
void use_instruction_set(InstructionSet set);

}  // namespace tvem
