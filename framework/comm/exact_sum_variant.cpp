// Compiled once per instruction set (tvem_variants in cmake/TvemModule.cmake). Every set gives the
// same bits: each element is rounded and added on its own.
#include "framework/comm/exact_sum_kernels.hpp"
#include "framework/core/processor/simd.inl"

namespace tvem {
namespace {

using HalfFloatVector [[gnu::vector_size(TVEM_VECTOR_BYTES / 2)]] = float;

inline void add_rounded_lanes(double* sum, float const* summands, DoubleVector magic) {
  HalfFloatVector x;
  __builtin_memcpy(&x, summands, sizeof x);
  DoubleVector const rounded = (__builtin_convertvector(x, DoubleVector) + magic) - magic;
  store(sum, load(sum) + rounded);
}

float add_rounded(double* sum, float const* summands, std::size_t n, double magic_number) {
  constexpr std::size_t step = lanes<float>;
  DoubleVector const magic = broadcast(magic_number);
  // The maximum over bit patterns of absolute values orders floats like their magnitudes and puts
  // infinity and NaN last.
  IntVector const magnitude_bits = IntVector{} + 0x7fffffff;
  IntVector largest{};
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    IntVector const bits = (IntVector)load(summands + i) & magnitude_bits;
    largest = bits > largest ? bits : largest;
    add_rounded_lanes(sum + i, summands + i, magic);
    add_rounded_lanes(sum + i + step / 2, summands + i + step / 2, magic);
  }
  std::int32_t top = 0;
  for (int lane = 0; lane < lanes<float>; ++lane) top = largest[lane] > top ? largest[lane] : top;
  for (; i < n; ++i) {
    std::int32_t bits;
    __builtin_memcpy(&bits, summands + i, sizeof bits);
    bits &= 0x7fffffff;
    top = bits > top ? bits : top;
    sum[i] += (summands[i] + magic_number) - magic_number;
  }
  float magnitude;
  __builtin_memcpy(&magnitude, &top, sizeof magnitude);
  return magnitude;
}

constexpr ExactSumKernels table{.add_rounded = &add_rounded};

}  // namespace

template <>
ExactSumKernels const& Variants<ExactSumKernels>::TVEM_VARIANT() {
  return table;
}

}  // namespace tvem
