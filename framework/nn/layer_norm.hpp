#pragma once

#include <string>

#include "framework/nn/linear.hpp"

namespace tvem {

/// Statistics of some rows, which a backward pass needs: one value for each row.
template <class T>
struct RowStatistics {
  T* mean;
  T* inverse_deviation;
};

/// Holds the statistics of all rows of a chunk.
template <class T>
struct NormTape {
  AlignedVector<T> mean, inverse_deviation;
  void reserve(Reservation& reserve, std::size_t rows) {
    reserve(mean, rows);
    reserve(inverse_deviation, rows);
  }
  RowStatistics<T> at(std::size_t row) {
    return {mean.data() + row, inverse_deviation.data() + row};
  }
};

/// Layer normalisation (Ba et al. 2016) over the width, epsilon 1e-5. Parameters NAME.scale (1 at
/// first) and NAME.shift (0 at first).
template <class T>
class LayerNorm {
 public:
  LayerNorm(ParameterLayout& layout, std::string const& name, int width);
  /// x, y: rows x width.
  void forward(Pass<T> const& pass, int rows, T const* x, T* y, RowStatistics<T> statistics) const;
  /// dx = gradient through the norm + add (or none). x: the forward pass's input. dx may be add
  /// or dy.
  void backward(Pass<T> const& pass, int rows, T const* x, RowStatistics<T> statistics, T const* dy,
                T const* add, T* dx) const;

 private:
  int width_;
  std::size_t scale_, shift_;
};

}  // namespace tvem
