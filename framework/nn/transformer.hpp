#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "tvem/core/instruction_set.hpp"
#include "tvem/core/settings.hpp"
#include "tvem/nn/block.hpp"
#include "tvem/tasks/batch.hpp"

namespace tvem {

/// The sizes of tasks that a model is made for.
struct ModelDomain {
  int dim = 2;                  // columns of the input: the largest dimension of a task
  Range<int> components{3, 3};  // k of the tasks; the read-out has components.high labels
};

/// An encoder without positions and without masks: permuting the points of a task permutes its
/// output.
///   embedding (linear, plus a vector for the task's k when k varies) -> layers x Block -> norm
///   (pre only)
///   -> read-out (linear): a logit for each label.
/// `tied` uses the parameters of one block in every layer (looped).
/// One object serves one thread: it holds the buffers of the last forward pass.
/// T is float in use and double in gradient checks.
template <class T>
class Transformer {
 public:
  Transformer(ModelSettings const& settings, ModelDomain const& domain,
              InstructionSet instruction_set)
      : Transformer(settings, domain, kernels<T>(instruction_set)) {}
  /// With other kernels, which must outlive the object: benchmarks time them one by one.
  Transformer(ModelSettings const& settings, ModelDomain const& domain, Kernels<T> const& kernels);

  ParameterLayout const& layout() const { return layout_; }
  /// Labels that the read-out knows; columns of the logits.
  int n_labels() const { return domain_.components.high; }

  /// Weights uniform in +-1/sqrt(inputs), biases and shifts 0, scales 1; keyed by (seed, name's
  /// place).
  AlignedVector<T> initial_parameters(std::uint64_t seed) const;
  /// Takes parameters for the passes to come: layout().size() values, which must outlive the
  /// passes.
  void set_parameters(std::span<T const> parameters);

  /// Logits of every point: n_points x n_labels(), valid until the next pass. Logits past a task's
  /// own k have no meaning. Throws CheckFailed when the batch does not fit the domain.
  std::span<T const> forward(RaggedBatch const& batch);
  /// After forward on the same batch: sets `gradient` (layout().size() values) to the gradient of a
  /// loss whose derivative by the logits is dlogits: n_points x n_labels(). Uses up what forward
  /// kept. `on_final` (or none) is called with offset and size of each part of the gradient as soon
  /// as it is final, while it is in cache; the parts cover it.
  void backward(RaggedBatch const& batch, std::span<T const> dlogits, std::span<T> gradient,
                std::function<void(std::size_t offset, std::size_t size)> const& on_final = {});

 private:
  void reserve(RaggedBatch const& batch);
  void embed(Pass<T> const& pass, RaggedBatch const& batch);
  void embed_backward(Pass<T> const& pass, RaggedBatch const& batch, T const* d);
  Pass<T> pass(T* gradient) { return {kernels_, parameters_.data(), gradient, packing_.data()}; }
  Block<T>& block(int layer) {
    return blocks_[settings_.tied ? 0 : static_cast<std::size_t>(layer)];
  }
  bool k_varies() const { return !domain_.components.is_fixed(); }

  ModelSettings settings_;
  ModelDomain domain_;
  Kernels<T> const& kernels_;
  ParameterLayout layout_;
  Linear<T> embedding_;
  std::size_t k_embedding_ = 0;  // NAME components.weight: a row for each k, when k varies
  std::vector<Block<T>> blocks_;
  std::optional<LayerNorm<T>> final_norm_;
  Linear<T> readout_;
  ParameterRange input_range_, output_range_;  // before and after those of the blocks

  std::span<T const> parameters_;
  std::vector<TaskGroup> groups_;
  std::vector<BlockTape<T>> tapes_;  // one a layer, also where parameters are tied
  NormTape<T> final_tape_;
  AlignedVector<T> points_, output_, normed_output_, logits_, d_, packing_;
  BlockScratch<T> scratch_;
};

}  // namespace tvem
