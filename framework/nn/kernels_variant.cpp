// Compiled once per instruction set (tvem_variants in cmake/TvemModule.cmake).
#include "framework/nn/kernels.hpp"
#include "framework/nn/product/product.inl"
#include "framework/nn/rows.inl"

namespace tvem {
namespace {

template <class T>
constexpr Kernels<T> table{
    .packed_size = &packed_size<T>,
    .pack = &pack<T>,
    .multiply = &multiply<T>,
    .add_column_sums = &add_column_sums<T>,
    .softmax_rows = &softmax_rows<T>,
    .exponential_rows = &exponential_rows<T>,
    .negative_row_products = &negative_row_products<T>,
    .layer_norm = &layer_norm<T>,
    .layer_norm_backward = &layer_norm_backward<T>,
};

}  // namespace

template <>
Kernels<float> const& Variants<Kernels<float>>::TVEM_VARIANT() {
  return table<float>;
}
template <>
Kernels<double> const& Variants<Kernels<double>>::TVEM_VARIANT() {
  return table<double>;
}

}  // namespace tvem
