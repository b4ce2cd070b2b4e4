#pragma once

#include <cstddef>

#include "framework/core/processor/variants.hpp"
#include "framework/nn/activation.hpp"

namespace tvem {

/// A matrix product C = f((scale A B + bias + row_bias + add) * factor), with B packed beforehand
/// (Kernels::pack), the product with `factor` and the activation f element by element. Each element
/// of A B is one chain of multiply-adds over k in order.
template <class T>
struct Product {
  int m = 0, n = 0, k = 0;
  T const* a = nullptr;  // m x k; element (i, p) at a[i * a_row_stride + p * a_col_stride]
  std::ptrdiff_t a_row_stride = 0;
  std::ptrdiff_t a_col_stride = 1;  // one of the strides of A is 1
  T const* packed_b = nullptr;      // k x n
  T* c = nullptr;                   // m x n, row-major
  std::ptrdiff_t c_row_stride = 0;
  /// C += A B alone: each chain begins with the element of C.
  bool accumulates = false;
  T scale = T(1);
  T const* bias = nullptr;      // n, one for each column, or none
  T const* row_bias = nullptr;  // m, one for each row, or none
  T const* add = nullptr;       // m x n, or none; may be c itself
  std::ptrdiff_t add_row_stride = 0;
  T const* factor = nullptr;  // m x n at C's stride, or none; may be c itself
  /// GELU is the exact one, x Phi(x); in single precision with erf by Abramowitz and Stegun 7.1.26:
  /// absolute error below 5e-7 within |x| <= 12, of the derivative below 4e-7.
  Activation activation = Activation::none;
  T* slope = nullptr;  // m x n at C's stride: set to f', when there is an activation
};

/// The inner loops of the Transformer for one instruction set. Every function is a pure function of
/// its operands' values. The same shape and values give the same bits at any alignment: no loop has
/// a head that depends on alignment, and partial vectors are filled with zeros.
template <class T>
struct Kernels {
  /// Values that a packed k x n matrix takes.
  std::size_t (*packed_size)(int k, int n);
  /// Packs B, element (p, j) at b[p * row_stride + j * col_stride], into panels of columns. One of
  /// the strides is 1. Where it is col_stride, adds column_sums[j] += sum_p B(p, j), unless
  /// column_sums is none.
  void (*pack)(T const* b, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, int k, int n,
               T* packed, T* column_sums);
  void (*multiply)(Product<T> const& product);
  /// sums[j] += sum_i x(i, j). x: rows x cols, row-major.
  void (*add_column_sums)(int rows, int cols, T const* x, T* sums);
  /// Softmax of each row in place. x: rows x cols, row-major.
  void (*softmax_rows)(int rows, int cols, T* x);
  /// x = exp(x) * scale, element by element; infinite where x > 88 (float) or 700 (double). x: rows
  /// x cols, row-major.
  void (*exponential_rows)(int rows, int cols, T scale, T* x);
  /// products[i] = -sum_j x(i, j) y(i, j). x, y: rows x cols, row-major, each row `stride` apart.
  void (*negative_row_products)(int rows, int cols, std::ptrdiff_t stride, T const* x, T const* y,
                                T* products);
  /// y = (x - mean) * inverse_deviation * scale + shift by rows of width `cols`; the variance is
  /// the biased one plus 1e-5. mean, inverse_deviation: rows.
  void (*layer_norm)(int rows, int cols, T const* x, T const* scale, T const* shift, T* y, T* mean,
                     T* inverse_deviation);
  /// dx = gradient through layer_norm + add (or none); adds to scale_gradient and shift_gradient.
  /// dx may be add or dy.
  void (*layer_norm_backward)(int rows, int cols, T const* x, T const* mean,
                              T const* inverse_deviation, T const* scale, T const* dy, T const* add,
                              T* dx, T* scale_gradient, T* shift_gradient);
};

TVEM_DECLARE_VARIANTS(Kernels<float>);
TVEM_DECLARE_VARIANTS(Kernels<double>);

/// The kernels for `instruction_set`, which must be present (best_instruction_set or lower).
template <class T>
Kernels<T> const& kernels(InstructionSet instruction_set = instruction_set_in_use()) {
  return variant<Kernels<T>>(instruction_set);
}

}  // namespace tvem
