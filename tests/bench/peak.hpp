#pragma once

#include <chrono>

#include "framework/core/processor/instruction_set.hpp"

namespace tvem::bench {

/// Single-precision operations per second (2 an FMA) that one core reaches with nothing but
/// independent fused multiply-adds in registers: the ceiling of any product. 0 where the
/// instruction set has none.
inline double measured_peak(InstructionSet set) {
#if defined(__x86_64__)
  constexpr long n = 2'000'000;
  long left = n;
  auto const start = std::chrono::steady_clock::now();
  double operations = 0;
  // In assembly, since a compiler may keep fewer chains under way, or compute the sum at once. The
  // registers' values do not matter, but for being normal numbers: zeros.
  if (set == InstructionSet::avx512) {
    asm volatile(
        "vzeroall\n\t"
        ".irp r,16,17,18,19,20,21,22,23,30,31\n\t vpxorq %%zmm\\r,%%zmm\\r,%%zmm\\r\n\t .endr\n"
        "1:\n\t"
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23\n\t"
        "vfmadd231ps %%zmm30,%%zmm31,%%zmm\\r\n\t .endr\n\t"
        "dec %0\n\t jnz 1b\n\t vzeroupper"
        : "+r"(left)
        :
        : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    operations = 24.0 * 16 * 2 * n;
  } else if (set == InstructionSet::avx2) {
    asm volatile(
        "vzeroall\n1:\n\t"
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11\n\t vfmadd231ps %%ymm14,%%ymm15,%%ymm\\r\n\t .endr\n\t"
        "dec %0\n\t jnz 1b\n\t vzeroupper"
        : "+r"(left)
        :
        : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    operations = 12.0 * 8 * 2 * n;
  }
  std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - start;
  return operations / seconds.count();
#else
  (void)set;
  return 0;
#endif
}

}  // namespace tvem::bench
