#pragma once

#include <span>

#include "framework/nn/linear.hpp"
#include "framework/nn/pooled_layers.hpp"
#include "framework/nn/settings.hpp"

namespace tvem {

/// What the backward pass of a pooling needs of its forward pass. With m = tasks x components:
template <class T>
struct PoolingTape {
  AlignedVector<T> kv;             // points x 2 width: keys, then values
  AlignedVector<T> probabilities;  // heads x components x points
  AlignedVector<T> mixed;          // m x width
  AlignedVector<T> seeds;          // m x width: the seeds, once for each task
  AlignedVector<T> sum;            // m x width: seeds + attention
  AlignedVector<T> hidden, slope;  // m x mlp_ratio width: after the activation, and its derivative
  AlignedVector<T> d;              // m x width: a gradient on its way
  PooledTape<T> layers;
};

/// Pooling by multi-head attention (Lee et al. 2019): each component has a learned seed, which
/// attends to all points of a task; then a perceptron. With S the seeds and H the features:
///   Y = S + W_o softmax(S K^T / sqrt(head width)) V with K, V linear in H;  y = Y + F(Y).
/// y then goes through the PooledLayers.
/// Its products are plain loops, since they are small beside those of a layer.
template <class T>
class ComponentPooling {
 public:
  ComponentPooling(ParameterLayout& layout, ModelSettings const& settings, int components);

  void pack(Kernels<T> const& kernels, T const* parameters);
  void reserve(Reservation& reserve, PoolingTape<T>& tape, std::size_t n_tasks,
               std::size_t rows) const;
  std::size_t scratch_size(Kernels<T> const& kernels, int rows, int n_tasks) const;

  /// offsets: as RaggedBatch has them. features: points x width; y: (tasks x components) x width.
  void forward(Pass<T> const& pass, std::span<std::size_t const> offsets, T const* features,
               PoolingTape<T>& tape, T* y) const;
  /// dy: the gradient of y. dfeatures: points x width. Uses up dy and the tape.
  void backward(Pass<T> const& pass, std::span<std::size_t const> offsets, T const* features,
                PoolingTape<T>& tape, T* dy, T* dfeatures) const;

 private:
  void attend(std::size_t n, T const* seeds, T const* kv, T* probabilities, T* mixed) const;
  void attend_backward(std::size_t n, T const* seeds, T const* probabilities, T const* dmixed,
                       T* kv, T* dseeds) const;

  std::size_t width_, heads_, components_, hidden_;
  Activation activation_;
  T scale_;
  std::size_t seeds_;  // NAME pooling.seeds.weight: components x width
  Linear<T> kv_, out_, up_, down_;
  PooledLayers<T> layers_;
};

}  // namespace tvem
