#pragma once

#include <cstddef>

#include "tvem/core/instruction_set.hpp"

namespace tvem {

/// A matrix product C = scale * A B + bias + add with B packed beforehand (Kernels::pack).
template <class T>
struct Product {
  int m = 0, n = 0, k = 0;
  T const* a = nullptr;  // m x k; element (i, p) at a[i * a_row_stride + p * a_col_stride]
  std::ptrdiff_t a_row_stride = 0;
  std::ptrdiff_t a_col_stride = 1;  // one of the strides of A is 1
  T const* packed_b = nullptr;      // k x n
  T* c = nullptr;                   // m x n, row-major
  std::ptrdiff_t c_row_stride = 0;
  T scale = T(1);
  T const* bias = nullptr;  // n, or none
  T const* add = nullptr;   // m x n, or none; may be c itself, to accumulate
  std::ptrdiff_t add_row_stride = 0;
};

/// The inner loops of the Transformer for one instruction set. Every function is a pure function of
/// its operands' values: the same shape and values give the same bits at any alignment, since no
/// loop has an alignment-dependent head, and partial vectors are filled with zeros.
template <class T>
struct Kernels {
  /// Values that a packed k x n matrix takes.
  std::size_t (*packed_size)(int k, int n);
  /// Packs B, element (p, j) at b[p * row_stride + j * col_stride], into panels of columns.
  void (*pack)(T const* b, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, int k, int n,
               T* packed);
  void (*multiply)(Product<T> const& product);
  /// sums[j] += sum_i x(i, j). x: rows x cols, row-major.
  void (*add_column_sums)(int rows, int cols, T const* x, T* sums);
  /// Softmax of each row in place. x: rows x cols, row-major.
  void (*softmax_rows)(int rows, int cols, T* x);
  /// Gradient through softmax, in place of dp: ds = p (dp - sum_j p_j dp_j), by rows.
  void (*softmax_rows_backward)(int rows, int cols, T const* p, T* dp);
  /// y = (x - mean) * inverse_deviation * scale + shift by rows of width `cols`; the variance is
  /// the biased one plus 1e-5. mean, inverse_deviation: rows.
  void (*layer_norm)(int rows, int cols, T const* x, T const* scale, T const* shift, T* y, T* mean,
                     T* inverse_deviation);
  /// dx = gradient through layer_norm + add (or none); adds to scale_gradient and shift_gradient.
  /// dx may be add or dy.
  void (*layer_norm_backward)(int rows, int cols, T const* x, T const* mean,
                              T const* inverse_deviation, T const* scale, T const* dy, T const* add,
                              T* dx, T* scale_gradient, T* shift_gradient);
  /// Activation of n values in place, and its derivative. GELU is the exact one, x Phi(x); in
  /// single precision with erf by Abramowitz and Stegun 7.1.26: absolute error below 5e-7 within
  /// |x| <= 12, of the derivative below 4e-7.
  void (*gelu)(std::size_t n, T* x, T* slope);
  void (*relu)(std::size_t n, T* x, T* slope);
  /// x *= factor, element by element.
  void (*scale_by)(std::size_t n, T const* factor, T* x);
};

/// The kernels for `instruction_set`, which must be present (best_instruction_set or lower).
template <class T>
Kernels<T> const& kernels(InstructionSet instruction_set);

}  // namespace tvem
