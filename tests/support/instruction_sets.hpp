#pragma once

#include <vector>

#include "framework/core/processor/instruction_set.hpp"

namespace tvem::test {

inline std::vector<InstructionSet> present_instruction_sets() {
  std::vector<InstructionSet> sets;
  for (auto set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512})
    if (set <= best_instruction_set()) sets.push_back(set);
  return sets;
}

}  // namespace tvem::test
