#pragma once

#include <cstddef>
#include <span>

#include "framework/nn/cache/task_group.hpp"
#include "framework/nn/linear.hpp"
#include "framework/nn/settings.hpp"

namespace tvem {

/// Multi-head attention among the points of one task (Vaswani et al. 2017): no positions, no mask.
/// Each head has scores S = Q K^T / sqrt(head width) and output P V. The kind says what P is:
/// softmax(S) by rows, exp(S) / n, relu(S) / n or S / n, with n the points of the task. Queries,
/// keys and values of all heads stand side by side in one matrix qkv: rows x 3 width.
template <class T>
class Attention {
 public:
  Attention(int width, int heads, AttentionKind kind);

  /// Values of all probabilities of a chunk: heads x n x n for each task of n points.
  std::size_t probabilities_size(std::span<std::size_t const> offsets) const;
  /// Scratch that either pass takes for tasks of up to n points; keeps: as Pass has it.
  std::size_t scratch_size(Kernels<T> const& kernels, int n, bool keeps = true) const;

  // Matrices are those of the whole chunk; the group's rows take part. mixed: rows x width.
  /// probabilities: none where nothing is kept, so that memory is linear in n.
  void forward(Pass<T> const& pass, TaskGroup const& group, T const* qkv, T* probabilities,
               T* mixed) const;
  /// Replaces the group's rows of qkv by their gradient. dmixed: of the group alone, group.rows() x
  /// width.
  void backward(Pass<T> const& pass, TaskGroup const& group, T const* probabilities, T const* mixed,
                T const* dmixed, T* qkv) const;

 private:
  /// Values of Q, K, V or a gradient of theirs, packed by rows or by columns.
  std::size_t packed_size(Kernels<T> const& kernels, int n) const;
  /// probabilities: n x n, or none.
  void forward_head(Pass<T> const& pass, int n, T const* q, T* probabilities, T* mixed) const;
  void backward_head(Pass<T> const& pass, int n, T const* probabilities, T const* mixed,
                     T const* dmixed, T* q) const;
  /// Sets dscores (n x n). row_terms: room for n values.
  void score_gradient(Pass<T> const& pass, int n, T const* probabilities, T const* mixed,
                      T const* dmixed, T const* packed_v, T* row_terms, T* dscores) const;

  /// Turns some rows of scores of a task of n points into P.
  void weigh(Pass<T> const& pass, int rows, int n, T* scores) const;

  int width_, heads_, head_width_;
  AttentionKind kind_;
  T scale_;
};

}  // namespace tvem
