#include "tvem/nn/kernels.hpp"

#include "tvem/core/error.hpp"

namespace tvem {

// Each is defined in an object compiled from kernels_variant.cpp.
#define TVEM_DECLARE_VARIANT(variant)      \
  namespace variant {                      \
  Kernels<float> const& float_kernels();   \
  Kernels<double> const& double_kernels(); \
  }
TVEM_DECLARE_VARIANT(kernels_portable)
#ifdef TVEM_X86_KERNELS
TVEM_DECLARE_VARIANT(kernels_avx2)
TVEM_DECLARE_VARIANT(kernels_avx512)
#endif

template <>
Kernels<float> const& kernels<float>(InstructionSet instruction_set) {
  TVEM_CHECK(instruction_set <= best_instruction_set(), "this processor lacks these instructions");
#ifdef TVEM_X86_KERNELS
  if (instruction_set == InstructionSet::avx512) return kernels_avx512::float_kernels();
  if (instruction_set == InstructionSet::avx2) return kernels_avx2::float_kernels();
#endif
  return kernels_portable::float_kernels();
}

template <>
Kernels<double> const& kernels<double>(InstructionSet instruction_set) {
  TVEM_CHECK(instruction_set <= best_instruction_set(), "this processor lacks these instructions");
#ifdef TVEM_X86_KERNELS
  if (instruction_set == InstructionSet::avx512) return kernels_avx512::double_kernels();
  if (instruction_set == InstructionSet::avx2) return kernels_avx2::double_kernels();
#endif
  return kernels_portable::double_kernels();
}

}  // namespace tvem
