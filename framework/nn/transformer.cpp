#include "framework/nn/transformer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/interruption.hpp"
#include "framework/core/random.hpp"
#include "framework/core/text.hpp"
#include "framework/nn/cache/blocking.hpp"

namespace tvem {
namespace {

template <class T>
std::vector<Block<T>> make_blocks(ParameterLayout& layout, ModelSettings const& settings) {
  std::vector<Block<T>> blocks;
  int const n_blocks = settings.tied ? 1 : settings.layers;
  for (int l = 0; l < n_blocks; ++l)
    blocks.emplace_back(layout, fmt::format("layers.{}", l), settings);
  return blocks;
}

template <class T>
std::optional<LayerNorm<T>> make_final_norm(ParameterLayout& layout,
                                            ModelSettings const& settings) {
  // Pre-norm blocks let the residual stream grow without a norm; post-norm blocks end with one.
  if (settings.norm != NormKind::pre) return std::nullopt;
  return LayerNorm<T>(layout, "norm", settings.width);
}

template <class T>
std::optional<ComponentPooling<T>> make_pooling(ParameterLayout& layout,
                                                ModelSettings const& settings,
                                                ModelDomain const& domain) {
  if (settings.readout != ReadoutKind::parameters) return std::nullopt;
  return ComponentPooling<T>(layout, settings, domain.components.high);
}

std::size_t add_k_embedding(ParameterLayout& layout, ModelSettings const& settings,
                            Range<int> components) {
  if (components.is_fixed()) return 0;
  return layout.add("components.weight", components.high - components.low + 1, settings.width);
}

}  // namespace

template <class T>
Transformer<T>::Transformer(ModelSettings const& settings, ModelDomain const& domain,
                            Kernels<T> const& kernels)
    : settings_(settings),
      domain_(domain),
      kernels_(kernels),
      embedding_(layout_, "embedding", domain.dim, settings.width, 0),
      k_embedding_(add_k_embedding(layout_, settings, domain.components)),
      blocks_(make_blocks<T>(layout_, settings)),
      final_norm_(make_final_norm<T>(layout_, settings)),
      pooling_(make_pooling<T>(layout_, settings, domain)),
      readout_(layout_, "readout", settings.width, n_outputs(), 0),
      input_range_{0, blocks_.front().parameters().offset},
      output_range_{blocks_.back().parameters().end(),
                    layout_.size() - blocks_.back().parameters().end()},
      tapes_(settings.layers) {
  TVEM_CHECK(settings.width % settings.heads == 0, "the width must be a multiple of the heads");
}

template <class T>
AlignedVector<T> Transformer<T>::initial_parameters(std::uint64_t seed) const {
  AlignedVector<T> parameters(layout_.size(), T(0));
  for (std::size_t v = 0; v < layout_.views().size(); ++v) {
    ParameterView const& view = layout_.views()[v];
    RandomStream random(seed, Purpose::parameters, v);
    double const bound = 1.0 / std::sqrt(view.rows);
    std::span<T> const values = std::span(parameters).subspan(view.offset, view.size());
    if (view.name.ends_with(".weight"))
      for (T& value : values) value = rounded_to<T>(random.uniform(-bound, bound));
    if (view.name.ends_with(".scale")) std::fill(values.begin(), values.end(), T(1));
  }
  return parameters;
}

template <class T>
void Transformer<T>::set_parameters(std::span<T const> parameters) {
  TVEM_CHECK(parameters.size() == layout_.size(), "wrong number of parameters");
  parameters_ = parameters;
  embedding_.pack(kernels_, parameters.data());
  for (Block<T>& block : blocks_) block.pack(kernels_, parameters.data());
  if (pooling_) pooling_->pack(kernels_, parameters.data());
  readout_.pack(kernels_, parameters.data());
}

/// The buffers of a pass over tasks with these offsets, as RaggedBatch has them; keeps: as Pass has
/// it. Without a backward pass the buffers of the first layer serve all layers.
template <class T>
void Transformer<T>::reserve(std::span<std::size_t const> offsets, bool keeps,
                             Reservation& reserve) {
  std::size_t const rows = offsets.back(), n_tasks = offsets.size() - 1;
  std::size_t const width = settings_.width;
  std::size_t const n_pooled = n_tasks * n_labels();
  std::size_t const n_output_rows = has_pooling() ? n_pooled : rows;
  for (BlockTape<T>& tape : std::span(tapes_).first(keeps ? tapes_.size() : 1))
    blocks_[0].reserve(reserve, tape, offsets, keeps);
  reserve(points_, rows * domain_.dim);
  reserve(output_, rows * width);
  if (final_norm_) {
    reserve(normed_output_, rows * width);
    final_tape_.reserve(reserve, rows);
  }
  if (pooling_) {
    reserve(pooled_, n_pooled * width);
    pooling_->reserve(reserve, pooling_tape_, n_tasks, rows);
  }
  reserve(outputs_, n_output_rows * n_outputs());
  reserve(packing_, scratch_size(offsets, n_output_rows, keeps));
  if (!keeps) return;
  reserve(d_, rows * width);
  std::size_t largest_group = 0;
  for (TaskGroup const& group : groups_) largest_group = std::max(largest_group, group.rows());
  blocks_[0].reserve(reserve, scratch_, largest_group);
}

template <class T>
std::size_t Transformer<T>::scratch_size(std::span<std::size_t const> offsets,
                                         std::size_t n_output_rows, bool keeps) const {
  std::size_t largest_task = 0;
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t)
    largest_task = std::max(largest_task, offsets[t + 1] - offsets[t]);
  int const rows = as_count(offsets.back());
  std::size_t size = blocks_[0].scratch_size(kernels_, rows, as_count(largest_task), keeps);
  if (pooling_)
    size = std::max(size, pooling_->scratch_size(kernels_, rows, count_of(offsets) - 1));
  if (!keeps) return size;
  size = std::max(size, embedding_.scratch_size(kernels_, rows));
  return std::max(size, readout_.scratch_size(kernels_, as_count(n_output_rows)));
}

template <class T>
std::size_t Transformer<T>::bytes_to_infer(std::size_t n) {
  auto count = Reservation::counting_alone();
  reserve(std::array<std::size_t, 2>{0, n}, false, count);
  return count.bytes();
}

template <class T>
void Transformer<T>::embed(Pass<T> const& pass, RaggedBatch const& batch) {
  std::copy(batch.points.begin(), batch.points.end(), points_.begin());
  T* const x = tapes_[0].input.data();
  embedding_.forward(pass, as_count(batch.n_points()), points_.data(), nullptr, x);
  if (!k_varies()) return;
  std::size_t const width = settings_.width;
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
    std::size_t const row = batch.components[t] - domain_.components.low;
    T const* const vector = pass.parameters + k_embedding_ + row * width;
    for (std::size_t i = batch.offsets[t]; i < batch.offsets[t + 1]; ++i)
      for (std::size_t c = 0; c < width; ++c) x[i * width + c] += vector[c];
  }
}

template <class T>
void Transformer<T>::embed_backward(Pass<T> const& pass, RaggedBatch const& batch, T const* d) {
  embedding_.backward(pass, as_count(batch.n_points()), points_.data(), d, nullptr, nullptr);
  if (!k_varies()) return;
  std::size_t const width = settings_.width;
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
    std::size_t const row = batch.components[t] - domain_.components.low;
    kernels_.add_column_sums(as_count(batch.n_points(t)), settings_.width,
                             d + batch.offsets[t] * width,
                             pass.gradient + k_embedding_ + row * width);
  }
}

template <class T>
std::span<T const> Transformer<T>::forward(RaggedBatch const& batch, bool keeps,
                                           VisitLayer const& visit) {
  TVEM_CHECK(batch.dim == domain_.dim, "the batch has another dimension than the model");
  for (int const k : batch.components)
    TVEM_CHECK(k >= domain_.components.low && k <= domain_.components.high,
               "a task has a number of components the model was not made for");
  cut_into_groups(batch.offsets, blocking().group_rows, groups_);
  Reservation reservation;
  reserve(batch.offsets, keeps, reservation);
  Pass<T> const p = pass(nullptr, keeps);
  embed(p, batch);
  for (int l = 0; l < settings_.layers; ++l) {
    if (!keeps) leave_if_interrupted();
    if (visit) show(p, batch, l, visit);
    bool const is_last = l + 1 == settings_.layers;
    T* const y = is_last ? output_.data() : tape(l + 1, keeps).input.data();
    block(l).forward(p, groups_, tape(l, keeps), y);
  }
  read_out(p, batch);
  if (visit) visit(settings_.layers, last_features(batch), outputs(batch));
  return outputs(batch);
}

/// Reads out of the features that stand in the inference's buffer.
template <class T>
void Transformer<T>::show(Pass<T> const& pass, RaggedBatch const& batch, int layer,
                          VisitLayer const& visit) {
  auto const& features = tapes_[0].input;
  std::copy_n(features.begin(), batch.n_points() * settings_.width, output_.begin());
  read_out(pass, batch);
  visit(layer, last_features(batch), outputs(batch));
}

template <class T>
void Transformer<T>::read_out(Pass<T> const& pass, RaggedBatch const& batch) {
  if (final_norm_)
    final_norm_->forward(pass, as_count(batch.n_points()), output_.data(), normed_output_.data(),
                         final_tape_.at(0));
  T const* x = features();
  if (pooling_) {
    pooling_->forward(pass, batch.offsets, x, pooling_tape_, pooled_.data());
    x = pooled_.data();
  }
  readout_.forward(pass, as_count(output_rows(batch)), x, nullptr, outputs_.data());
}

/// Sets d_ to the gradient of the last block's output.
template <class T>
void Transformer<T>::read_out_backward(Pass<T> const& pass, RaggedBatch const& batch,
                                       T const* doutputs) {
  int const rows = as_count(output_rows(batch));
  if (pooling_) {
    // The gradient of the pooled features takes their place.
    readout_.backward(pass, rows, pooled_.data(), doutputs, nullptr, pooled_.data());
    pooling_->backward(pass, batch.offsets, features(), pooling_tape_, pooled_.data(), d_.data());
  } else {
    readout_.backward(pass, rows, features(), doutputs, nullptr, d_.data());
  }
  if (final_norm_)
    final_norm_->backward(pass, as_count(batch.n_points()), output_.data(), final_tape_.at(0),
                          d_.data(), nullptr, d_.data());
}

template <class T>
void Transformer<T>::backward(
    RaggedBatch const& batch, std::span<T const> doutputs, std::span<T> gradient,
    std::function<void(std::size_t offset, std::size_t size)> const& on_final) {
  TVEM_CHECK(gradient.size() == layout_.size(), "wrong length of the gradient");
  TVEM_CHECK(doutputs.size() == output_rows(batch) * n_outputs(),
             "wrong length of the outputs' gradient");
  // Each part of the gradient is cleared just before it is made, and handed over just after.
  auto const clear = [&](ParameterRange const& range) {
    std::fill_n(gradient.begin() + range.offset, range.size, T(0));
  };
  auto const finish = [&](ParameterRange const& range) {
    if (on_final) on_final(range.offset, range.size);
  };
  Pass<T> const p = pass(gradient.data(), true);

  clear(output_range_);
  read_out_backward(p, batch, doutputs.data());
  finish(output_range_);

  for (int l = settings_.layers - 1; l >= 0; --l) {
    bool const is_first_use = !settings_.tied || l == settings_.layers - 1;
    bool const is_last_use = !settings_.tied || l == 0;
    if (is_first_use) clear(block(l).parameters());
    block(l).backward(p, groups_, tape(l, true), scratch_, d_.data());
    if (is_last_use) finish(block(l).parameters());
  }

  clear(input_range_);
  embed_backward(p, batch, d_.data());
  finish(input_range_);
}

template class Transformer<float>;
template class Transformer<double>;

}  // namespace tvem
