#pragma once

#include <string>

#include "framework/core/aligned_buffer.hpp"
#include "framework/nn/kernels.hpp"
#include "framework/nn/parameters.hpp"

namespace tvem {

/// What every layer needs in a pass. Layers keep no pointers of their own.
template <class T>
struct Pass {
  Kernels<T> const& kernels;
  T const* parameters;  // flat, in the model's layout
  T* gradient;          // likewise, added to by backward passes; none in a forward pass
  T* scratch;           // see Transformer: large enough for the packed operands of any layer
  bool keeps = true;    // what a backward pass needs; otherwise layers and rows share buffers
};

/// y = x W + b. Parameters NAME.weight (in x out, row-major: the transpose of PyTorch's) and
/// NAME.bias.
template <class T>
class Linear {
 public:
  /// n_hidden: of how many hidden matrices, side by side, W consists; 0 for a layer that touches
  /// the model's input or output.
  Linear(ParameterLayout& layout, std::string const& name, int in, int out, int n_hidden);

  /// Packs the weights for both directions. To be called whenever the parameters change.
  void pack(Kernels<T> const& kernels, T const* parameters);
  /// y = x W + b + residual (or none). x: rows x in; y, residual: rows x out.
  void forward(Pass<T> const& pass, int rows, T const* x, T const* residual, T* y) const;
  /// y = f(x W + b), slope = f' there. y, slope: rows x out.
  void forward_activated(Pass<T> const& pass, int rows, T const* x, Activation f, T* y,
                         T* slope) const;
  /// Adds to the gradients of W and b; dx = (dy W^T) * factor unless dx is none, element by element
  /// with factor (or none). dy: rows x out; dx, factor: rows x in.
  void backward(Pass<T> const& pass, int rows, T const* x, T const* dy, T const* factor,
                T* dx) const;
  /// Scratch that a backward pass over `rows` rows takes.
  std::size_t scratch_size(Kernels<T> const& kernels, int rows) const {
    return kernels.packed_size(rows, out_);
  }

 private:
  /// y = x W + b.
  Product<T> affine(Pass<T> const& pass, int rows, T const* x, T* y) const;

  int in_, out_;
  std::size_t weight_, bias_;
  AlignedVector<T> packed_, packed_transpose_;
};

}  // namespace tvem
