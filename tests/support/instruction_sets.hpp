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

/// While it lives, kernels use this instruction set.
class WithInstructionSet {
 public:
  explicit WithInstructionSet(InstructionSet set) : before_(instruction_set_in_use()) {
    use_instruction_set(set);
  }
  ~WithInstructionSet() { use_instruction_set(before_); }
  WithInstructionSet(WithInstructionSet const&) = delete;
  WithInstructionSet& operator=(WithInstructionSet const&) = delete;

 private:
  InstructionSet before_;
};

}  // namespace tvem::test
