#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "framework/core/processor/instruction_set.hpp"
#include "framework/core/range.hpp"
#include "framework/nn/block.hpp"
#include "framework/nn/pooling.hpp"
#include "framework/nn/settings.hpp"
#include "framework/tasks/batch.hpp"

namespace tvem {

/// The sizes of tasks that a model is made for.
struct ModelDomain {
  int dim = 2;                  // columns of the input
  Range<int> components{3, 3};  // k of the tasks; the read-out has components.high labels
  int point_dim = 2;            // largest dimension of a task: the read-out's means have it
};

/// An encoder without positions and without masks: permuting the points of a task permutes its
/// output.
///   embedding (linear, plus a vector for the task's k when k varies)
///   -> layers x Block -> norm (pre only) -> read-out
/// The read-out `labels` is linear: a logit for each label of each point. The read-out `parameters`
/// is ComponentPooling, perhaps with PooledLayers, then linear: for each component of each task the
/// logit of its weight, its mean and the logarithm of its standard deviation. `tied` uses the
/// parameters of one block in every layer (looped). One object serves one thread: it holds the
/// buffers of the last forward pass. T is float in use and double in gradient checks.
template <class T>
class Transformer {
 public:
  Transformer(ModelSettings const& settings, ModelDomain const& domain)
      : Transformer(settings, domain, kernels<T>()) {}
  /// With other kernels, which must outlive the object: benchmarks time them one by one.
  Transformer(ModelSettings const& settings, ModelDomain const& domain, Kernels<T> const& kernels);

  ParameterLayout const& layout() const { return layout_; }
  /// Without the embedding.
  int n_layers() const { return settings_.layers; }
  /// Labels or components that the read-out knows.
  int n_labels() const { return domain_.components.high; }
  /// Columns of the outputs: n_labels(); with the readout `parameters` 2 + point_dim.
  int n_outputs() const { return has_pooling() ? 2 + domain_.point_dim : n_labels(); }
  /// Rows of the outputs: one for each point, or n_labels() for each task.
  std::size_t output_rows(RaggedBatch const& batch) const {
    return has_pooling() ? batch.n_tasks() * n_labels() : batch.n_points();
  }

  /// Weights uniform in +-1/sqrt(inputs), biases and shifts 0, scales 1; keyed by (seed, name's
  /// place).
  AlignedVector<T> initial_parameters(std::uint64_t seed) const;
  /// Takes the parameters of the next passes: layout().size() values, which must outlive them.
  void set_parameters(std::span<T const> parameters);
  /// Those that were set.
  std::span<T const> parameters() const { return parameters_; }

  /// The outputs: output_rows(batch) x n_outputs(), valid until the next pass. Logits and
  /// components past a task's own k have no meaning. Throws CheckFailed when the batch does not fit
  /// the domain.
  std::span<T const> forward(RaggedBatch const& batch) { return forward(batch, true); }
  /// Gives the same bits where no backward pass follows: all layers share one layer's buffers, and
  /// memory is linear in the points of a task.
  std::span<T const> infer(RaggedBatch const& batch) { return forward(batch, false); }
  /// Sees the features of a layer (n_points x width), and what the read-out makes of them, as
  /// outputs of forward. Layer 0 is the embedding.
  using VisitLayer =
      std::function<void(int layer, std::span<T const> features, std::span<T const> outputs)>;
  /// As infer; shows all layers, the last one's outputs being those of infer.
  void infer_layers(RaggedBatch const& batch, VisitLayer const& visit) {
    forward(batch, false, visit);
  }
  /// Bytes of the buffers that infer takes for one task of n points. Changes nothing.
  std::size_t bytes_to_infer(std::size_t n);
  /// To be called after forward on the same batch. Sets `gradient` (layout().size() values) to the
  /// gradient of a loss whose derivative by the outputs is doutputs, of the same shape. Uses up
  /// what forward kept. Calls `on_final` (or none) with offset and size of each part of the
  /// gradient as soon as the part is final, while it is in cache. The parts cover the gradient.
  void backward(RaggedBatch const& batch, std::span<T const> doutputs, std::span<T> gradient,
                std::function<void(std::size_t offset, std::size_t size)> const& on_final = {});

 private:
  std::span<T const> forward(RaggedBatch const& batch, bool keeps, VisitLayer const& visit = {});
  void show(Pass<T> const& pass, RaggedBatch const& batch, int layer, VisitLayer const& visit);
  std::span<T const> last_features(RaggedBatch const& batch) const {
    return std::span<T const>(output_).first(batch.n_points() * settings_.width);
  }
  std::span<T const> outputs(RaggedBatch const& batch) const {
    return std::span<T const>(outputs_).first(output_rows(batch) * n_outputs());
  }
  void reserve(std::span<std::size_t const> offsets, bool keeps, Reservation& reserve);
  std::size_t scratch_size(std::span<std::size_t const> offsets, std::size_t n_output_rows,
                           bool keeps) const;
  void embed(Pass<T> const& pass, RaggedBatch const& batch);
  void embed_backward(Pass<T> const& pass, RaggedBatch const& batch, T const* d);
  Pass<T> pass(T* gradient, bool keeps) {
    return {kernels_, parameters_.data(), gradient, packing_.data(), keeps};
  }
  Block<T>& block(int layer) { return blocks_[settings_.tied ? 0 : layer]; }
  BlockTape<T>& tape(int layer, bool keeps) { return tapes_[keeps ? layer : 0]; }
  bool has_pooling() const { return pooling_.has_value(); }
  void read_out(Pass<T> const& pass, RaggedBatch const& batch);
  void read_out_backward(Pass<T> const& pass, RaggedBatch const& batch, T const* doutputs);
  T const* features() const { return final_norm_ ? normed_output_.data() : output_.data(); }
  bool k_varies() const { return !domain_.components.is_fixed(); }

  ModelSettings settings_;
  ModelDomain domain_;
  Kernels<T> const& kernels_;
  ParameterLayout layout_;
  Linear<T> embedding_;
  std::size_t k_embedding_ = 0;  // NAME components.weight: a row for each k, when k varies
  std::vector<Block<T>> blocks_;
  std::optional<LayerNorm<T>> final_norm_;
  std::optional<ComponentPooling<T>> pooling_;
  Linear<T> readout_;
  ParameterRange input_range_, output_range_;  // before and after those of the blocks

  std::span<T const> parameters_;
  std::vector<TaskGroup> groups_;
  std::vector<BlockTape<T>> tapes_;  // one a layer, also where parameters are tied
  NormTape<T> final_tape_;
  PoolingTape<T> pooling_tape_;
  AlignedVector<T> points_, output_, normed_output_, pooled_, outputs_, d_, packing_;
  BlockScratch<T> scratch_;
};

}  // namespace tvem
