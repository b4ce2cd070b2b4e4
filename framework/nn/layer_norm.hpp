#pragma once

#include <string>

#include "tvem/nn/linear.hpp"

namespace tvem {

/// Row statistics that a backward pass needs; rows each.
template <class T>
struct NormTape {
  AlignedVector<T> mean, inverse_deviation;
  void resize(std::size_t rows) {
    mean.resize(rows);
    inverse_deviation.resize(rows);
  }
};

/// Layer normalisation (Ba et al. 2016) over the width, epsilon 1e-5. Parameters NAME.scale (1 at
/// first) and NAME.shift (0 at first).
template <class T>
class LayerNorm {
 public:
  LayerNorm(ParameterLayout& layout, std::string const& name, int width);
  /// x, y: rows x width.
  void forward(Pass<T> const& pass, int rows, T const* x, T* y, NormTape<T>& tape) const;
  /// dx = gradient through the norm + add (or none). x: the forward pass's input. dx may be add
  /// or dy.
  void backward(Pass<T> const& pass, int rows, T const* x, NormTape<T> const& tape, T const* dy,
                T const* add, T* dx) const;

 private:
  int width_;
  std::size_t scale_, shift_;
};

}  // namespace tvem
