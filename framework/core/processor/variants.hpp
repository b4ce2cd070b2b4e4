#pragma once

#include "framework/core/error.hpp"
#include "framework/core/processor/instruction_set.hpp"

namespace tvem {

/// A table of functions (a struct of function pointers) that exists once per instruction set. Its
/// functions stand in one source, which tvem_variants() in cmake/TvemModule.cmake compiles for each
/// set; each object defines the member of its own name.
template <class Table>
struct Variants {
  static Table const& portable();
  static Table const& avx2();
  static Table const& avx512();
};

/// This follows the definition of a table and says that its members are defined elsewhere.
#define TVEM_DECLARE_VARIANTS(...)                      \
  template <>                                           \
  __VA_ARGS__ const& Variants<__VA_ARGS__>::portable(); \
  template <>                                           \
  __VA_ARGS__ const& Variants<__VA_ARGS__>::avx2();     \
  template <>                                           \
  __VA_ARGS__ const& Variants<__VA_ARGS__>::avx512()

/// The table for `instruction_set`, which must be present (best_instruction_set or lower).
template <class Table>
Table const& variant(InstructionSet instruction_set = instruction_set_in_use()) {
  TVEM_CHECK(instruction_set <= best_instruction_set(), "this processor lacks these instructions");
#if defined(__x86_64__)
  if (instruction_set == InstructionSet::avx512) return Variants<Table>::avx512();
  if (instruction_set == InstructionSet::avx2) return Variants<Table>::avx2();
#endif
  return Variants<Table>::portable();
}

}  // namespace tvem
