#pragma once

#include <cstddef>
#include <span>

#include "tvem/nn/linear.hpp"

namespace tvem {

/// Multi-head softmax attention among the points of one task (Vaswani et al. 2017): no positions,
/// no mask. For each head, P = softmax(Q K^T / sqrt(head width)), output P V. Queries, keys and
/// values of all heads stand side by side in one matrix qkv: rows x 3 width.
template <class T>
class Attention {
 public:
  Attention(int width, int heads);

  /// Values of all probabilities of a chunk: heads x n x n for each task of n points.
  std::size_t probabilities_size(std::span<std::size_t const> offsets) const;
  std::size_t scratch_size(Kernels<T> const& kernels, int n) const;

  /// offsets: the rows of each task (RaggedBatch). mixed: rows x width.
  void forward(Pass<T> const& pass, std::span<std::size_t const> offsets, T const* qkv,
               T* probabilities, T* mixed) const;
  /// dqkv: rows x 3 width, overwritten. dmixed: rows x width.
  void backward(Pass<T> const& pass, std::span<std::size_t const> offsets, T const* qkv,
                T const* probabilities, T const* dmixed, T* dqkv) const;

 private:
  void forward_head(Pass<T> const& pass, int n, T const* q, T* probabilities, T* mixed) const;
  void backward_head(Pass<T> const& pass, int n, T const* q, T const* probabilities,
                     T const* dmixed, T* dq) const;

  int width_, heads_, head_width_;
  T scale_;
};

}  // namespace tvem
