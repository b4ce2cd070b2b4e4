// Compiled once per instruction set (tvem_variants in cmake/TvemModule.cmake).
#include "framework/estimators/passes/expectation.inl"
#include "framework/estimators/passes/label_weights.inl"
#include "framework/estimators/passes/matrices.inl"
#include "framework/estimators/passes/nearest.inl"

namespace tvem {
namespace {

template <class T>
constexpr PassKernels<T> table{.scratch_size = &scratch_size,
                               .expectation = &expectation<T>,
                               .nearest = &nearest<T>,
                               .label_weights = &label_weights<T>};

constexpr MatrixPassKernels matrix_table{.expectation = &matrix_expectation,
                                         .moments = &matrix_moments};

}  // namespace

template <>
MatrixPassKernels const& Variants<MatrixPassKernels>::TVEM_VARIANT() {
  return matrix_table;
}
template <>
PassKernels<float> const& Variants<PassKernels<float>>::TVEM_VARIANT() {
  return table<float>;
}
template <>
PassKernels<double> const& Variants<PassKernels<double>>::TVEM_VARIANT() {
  return table<double>;
}

}  // namespace tvem
