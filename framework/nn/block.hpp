#pragma once

#include <optional>
#include <span>
#include <string>

#include "framework/nn/attention.hpp"
#include "framework/nn/layer_norm.hpp"
#include "framework/nn/settings.hpp"

namespace tvem {

/// What a block's backward pass needs of its forward pass. Matrices are rows x width unless said
/// otherwise. Without a backward pass one tape serves all blocks; then probabilities are empty, and
/// hidden and slope have Blocking::group_rows rows.
template <class T>
struct BlockTape {
  AlignedVector<T> input;
  AlignedVector<T> normed1;        // attention's input (norm pre)
  AlignedVector<T> qkv;            // rows x 3 width
  AlignedVector<T> probabilities;  // see Attention
  AlignedVector<T> mixed;
  AlignedVector<T> sum1;     // input + attention (norm post)
  AlignedVector<T> middle;   // between attention and perceptron
  AlignedVector<T> normed2;  // the perceptron's input (norm pre)
  AlignedVector<T> hidden;   // rows x mlp_ratio width, after the activation
  AlignedVector<T> slope;    // its derivative
  AlignedVector<T> sum2;     // middle + perceptron (norm post)
  NormTape<T> norm1, norm2;
};

/// Gradients on their way through a block, of the rows of one group; shared by all blocks.
template <class T>
struct BlockScratch {
  AlignedVector<T> inner;  // rows x width: of what goes into attention or perceptron
};

/// One encoder layer: attention and a perceptron, each with a residual connection.
///   none  m = x + A(x);       y = m + F(m)
///   pre   m = x + A(N1(x));   y = m + F(N2(m))
///   post  m = N1(x + A(x));   y = N2(m + F(m))
template <class T>
class Block {
 public:
  Block(ParameterLayout& layout, std::string const& name, ModelSettings const& settings);

  void pack(Kernels<T> const& kernels, T const* parameters);
  /// offsets: of the chunk, as RaggedBatch has them; keeps: as Pass has it.
  void reserve(Reservation& reserve, BlockTape<T>& tape, std::span<std::size_t const> offsets,
               bool keeps) const;
  void reserve(Reservation& reserve, BlockScratch<T>& scratch, std::size_t rows) const;
  std::size_t scratch_size(Kernels<T> const& kernels, int rows, int largest_task, bool keeps) const;
  /// All parameters of the block.
  ParameterRange const& parameters() const { return parameters_; }

  /// From tape.input to y: rows x width. All groups of a chunk go through attention first, then
  /// all through the perceptron: the weights of one of them stay in cache meanwhile. y may be
  /// tape.input.
  void forward(Pass<T> const& pass, std::span<TaskGroup const> groups, BlockTape<T>& tape,
               T* y) const;
  /// Turns d from the gradient of y into that of the input; rows x width. Uses up the tape:
  /// gradients take the place of the values they belong to.
  void backward(Pass<T> const& pass, std::span<TaskGroup const> groups, BlockTape<T>& tape,
                BlockScratch<T>& scratch, T* d) const;

 private:
  // Attention and perceptron, each with its norm and its skip connection.
  void attend(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape) const;
  void perceive(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape, T* y) const;
  void perceive(Pass<T> const& pass, std::size_t first_row, std::size_t n_rows, BlockTape<T>& tape,
                T* y) const;
  void attend_backward(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape,
                       BlockScratch<T>& scratch, T* d) const;
  void perceive_backward(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape,
                         BlockScratch<T>& scratch, T* d) const;
  std::size_t narrow(std::size_t row) const;
  std::size_t wide(std::size_t row) const;

  ModelSettings settings_;
  ParameterRange parameters_;
  std::optional<LayerNorm<T>> norm1_, norm2_;
  Linear<T> qkv_, out_, up_, down_;
  Attention<T> attention_;
};

}  // namespace tvem
