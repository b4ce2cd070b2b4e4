#include "framework/nn/pooled_layers.hpp"

#include <algorithm>

#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "framework/nn/cache/blocking.hpp"

namespace tvem {

template <class T>
PooledLayers<T>::PooledLayers(ParameterLayout& layout, ModelSettings const& settings,
                              int components)
    : components_(components) {
  for (int l = 0; l < settings.pooled_layers; ++l)
    blocks_.emplace_back(layout, fmt::format("pooled.{}", l), settings);
}

template <class T>
void PooledLayers<T>::pack(Kernels<T> const& kernels, T const* parameters) {
  for (Block<T>& block : blocks_) block.pack(kernels, parameters);
}

template <class T>
void PooledLayers<T>::reserve(Reservation& reserve, PooledTape<T>& tape,
                              std::size_t n_tasks) const {
  if (blocks_.empty()) return;
  tape.blocks.resize(blocks_.size());
  tape.offsets.clear();
  for (std::size_t t = 0; t <= n_tasks; ++t) tape.offsets.push_back(t * components_);
  cut_into_groups(tape.offsets, blocking().group_rows, tape.groups);
  for (std::size_t l = 0; l < blocks_.size(); ++l)
    blocks_[l].reserve(reserve, tape.blocks[l], tape.offsets, true);
  std::size_t largest_group = 0;
  for (TaskGroup const& group : tape.groups) largest_group = std::max(largest_group, group.rows());
  blocks_[0].reserve(reserve, tape.scratch, largest_group);
}

template <class T>
std::size_t PooledLayers<T>::scratch_size(Kernels<T> const& kernels, int n_tasks) const {
  if (blocks_.empty()) return 0;
  int const k = as_count(components_);
  return blocks_[0].scratch_size(kernels, n_tasks * k, k, true);
}

template <class T>
T* PooledLayers<T>::input(PooledTape<T>& tape, T* y) const {
  return blocks_.empty() ? y : tape.blocks[0].input.data();
}

template <class T>
void PooledLayers<T>::forward(Pass<T> const& pass, PooledTape<T>& tape, T* y) const {
  for (std::size_t l = 0; l < blocks_.size(); ++l) {
    bool const is_last = l + 1 == blocks_.size();
    blocks_[l].forward(pass, tape.groups, tape.blocks[l],
                       is_last ? y : tape.blocks[l + 1].input.data());
  }
}

template <class T>
void PooledLayers<T>::backward(Pass<T> const& pass, PooledTape<T>& tape, T* d) const {
  for (std::size_t l = blocks_.size(); l-- > 0;)
    blocks_[l].backward(pass, tape.groups, tape.blocks[l], tape.scratch, d);
}

template class PooledLayers<float>;
template class PooledLayers<double>;

}  // namespace tvem
