#pragma once

#include <vector>

#include "framework/nn/block.hpp"

namespace tvem {

/// What the backward pass of the pooled layers needs of their forward pass.
template <class T>
struct PooledTape {
  std::vector<std::size_t> offsets;  // of the components of each task
  std::vector<TaskGroup> groups;
  std::vector<BlockTape<T>> blocks;
  BlockScratch<T> scratch;
};

/// Encoder layers among the components of a task, between pooling and read-out: attention between
/// the pooled seeds (Lee et al. 2019). Components past a task's own k take part as further tokens.
template <class T>
class PooledLayers {
 public:
  PooledLayers(ParameterLayout& layout, ModelSettings const& settings, int components);

  void pack(Kernels<T> const& kernels, T const* parameters);
  void reserve(Reservation& reserve, PooledTape<T>& tape, std::size_t n_tasks) const;
  std::size_t scratch_size(Kernels<T> const& kernels, int n_tasks) const;

  /// Where the layers' input goes, (tasks x components) x width: y itself without layers.
  T* input(PooledTape<T>& tape, T* y) const;
  /// From input(tape, y) to y.
  void forward(Pass<T> const& pass, PooledTape<T>& tape, T* y) const;
  /// Turns d from the gradient of y into that of the input. Uses up the tape.
  void backward(Pass<T> const& pass, PooledTape<T>& tape, T* d) const;

 private:
  std::size_t components_;
  std::vector<Block<T>> blocks_;
};

}  // namespace tvem
