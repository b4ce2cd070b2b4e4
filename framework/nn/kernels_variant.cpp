// Compiled once per instruction set, with TVEM_KERNEL_VARIANT its name and TVEM_VECTOR_BYTES the
// size of a vector. Everything but the two tables at the end has internal linkage.
#include "tvem/nn/kernels.hpp"
#include "tvem/nn/product.inl"
#include "tvem/nn/rows.inl"
#include "tvem/nn/simd.inl"

#define TVEM_CONCATENATE_(a, b) a##b
#define TVEM_CONCATENATE(a, b) TVEM_CONCATENATE_(a, b)

namespace tvem::TVEM_CONCATENATE(kernels_, TVEM_KERNEL_VARIANT) {
  namespace {

  template <class T>
  constexpr Kernels<T> table{
      .packed_size = &packed_size<T>,
      .pack = &pack<T>,
      .multiply = &multiply<T>,
      .add_column_sums = &add_column_sums<T>,
      .softmax_rows = &softmax_rows<T>,
      .softmax_rows_backward = &softmax_rows_backward<T>,
      .layer_norm = &layer_norm<T>,
      .layer_norm_backward = &layer_norm_backward<T>,
      .gelu = &gelu<T>,
      .relu = &relu<T>,
      .scale_by = &scale_by<T>,
  };

  }  // namespace

  Kernels<float> const& float_kernels();
  Kernels<double> const& double_kernels();
  Kernels<float> const& float_kernels() { return table<float>; }
  Kernels<double> const& double_kernels() { return table<double>; }

}  // namespace tvem::TVEM_CONCATENATE(kernels_,TVEM_KERNEL_VARIANT)
