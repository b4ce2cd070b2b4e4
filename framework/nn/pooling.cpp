#include "framework/nn/pooling.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/core/index.hpp"
#include "framework/core/math.hpp"

namespace tvem {
namespace {

template <class T>
T dot(std::size_t size, T const* a, T const* b) {
  T sum = 0;
  for (std::size_t c = 0; c < size; ++c) sum += a[c] * b[c];
  return sum;
}

template <class T>
void add_multiple(std::size_t size, T factor, T const* x, T* y) {
  for (std::size_t c = 0; c < size; ++c) y[c] += factor * x[c];
}

/// Softmax of n values in place.
template <class T>
void softmax(std::size_t n, T* x) {
  T const largest = *std::max_element(x, x + n);
  T sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = rounded_to<T>(portable_exp(x[i] - largest));
    sum += x[i];
  }
  for (std::size_t i = 0; i < n; ++i) x[i] /= sum;
}

}  // namespace

template <class T>
ComponentPooling<T>::ComponentPooling(ParameterLayout& layout, ModelSettings const& settings,
                                      int components)
    : width_(settings.width),
      heads_(settings.heads),
      components_(components),
      hidden_(settings.mlp_ratio * width_),
      activation_(settings.activation),
      scale_(T(1) / std::sqrt(rounded_to<T>(settings.width / settings.heads))),
      seeds_(layout.add("pooling.seeds.weight", components, settings.width)),
      kv_(layout, "pooling.kv", settings.width, 2 * settings.width, 2),
      out_(layout, "pooling.out", settings.width, settings.width, 1),
      up_(layout, "pooling.up", settings.width, settings.mlp_ratio * settings.width, 1),
      down_(layout, "pooling.down", settings.mlp_ratio * settings.width, settings.width, 1),
      layers_(layout, settings, components) {}

template <class T>
void ComponentPooling<T>::pack(Kernels<T> const& kernels, T const* parameters) {
  for (Linear<T>* linear : {&kv_, &out_, &up_, &down_}) linear->pack(kernels, parameters);
  layers_.pack(kernels, parameters);
}

template <class T>
void ComponentPooling<T>::reserve(Reservation& reserve, PoolingTape<T>& tape, std::size_t n_tasks,
                                  std::size_t rows) const {
  std::size_t const m = n_tasks * components_;
  reserve(tape.kv, rows * 2 * width_);
  reserve(tape.probabilities, heads_ * components_ * rows);
  for (auto* buffer : {&tape.mixed, &tape.seeds, &tape.sum, &tape.d}) reserve(*buffer, m * width_);
  for (auto* buffer : {&tape.hidden, &tape.slope}) reserve(*buffer, m * hidden_);
  layers_.reserve(reserve, tape.layers, n_tasks);
}

template <class T>
std::size_t ComponentPooling<T>::scratch_size(Kernels<T> const& kernels, int rows,
                                              int n_tasks) const {
  int const m = as_count(n_tasks * components_);
  std::size_t size =
      std::max(kv_.scratch_size(kernels, rows), layers_.scratch_size(kernels, n_tasks));
  for (Linear<T> const* linear : {&out_, &up_, &down_})
    size = std::max(size, linear->scratch_size(kernels, m));
  return size;
}

template <class T>
void ComponentPooling<T>::forward(Pass<T> const& pass, std::span<std::size_t const> offsets,
                                  T const* features, PoolingTape<T>& tape, T* y) const {
  std::size_t const n_tasks = offsets.size() - 1, n_seeds = components_ * width_;
  int const m = as_count(n_tasks * components_);
  T const* const seeds = pass.parameters + seeds_;
  kv_.forward(pass, as_count(offsets.back()), features, nullptr, tape.kv.data());
  for (std::size_t t = 0; t < n_tasks; ++t) {
    std::copy_n(seeds, n_seeds, tape.seeds.data() + t * n_seeds);
    attend(offsets[t + 1] - offsets[t], seeds, tape.kv.data() + offsets[t] * 2 * width_,
           tape.probabilities.data() + offsets[t] * heads_ * components_,
           tape.mixed.data() + t * n_seeds);
  }
  out_.forward(pass, m, tape.mixed.data(), tape.seeds.data(), tape.sum.data());
  up_.forward_activated(pass, m, tape.sum.data(), activation_, tape.hidden.data(),
                        tape.slope.data());
  down_.forward(pass, m, tape.hidden.data(), tape.sum.data(), layers_.input(tape.layers, y));
  layers_.forward(pass, tape.layers, y);
}

template <class T>
void ComponentPooling<T>::backward(Pass<T> const& pass, std::span<std::size_t const> offsets,
                                   T const* features, PoolingTape<T>& tape, T* dy,
                                   T* dfeatures) const {
  std::size_t const n_tasks = offsets.size() - 1, n_seeds = components_ * width_;
  int const m = as_count(n_tasks * components_);
  T* const d = tape.d.data();
  layers_.backward(pass, tape.layers, dy);
  down_.backward(pass, m, tape.hidden.data(), dy, tape.slope.data(), tape.slope.data());
  up_.backward(pass, m, tape.sum.data(), tape.slope.data(), nullptr, d);
  add_multiple(n_tasks * n_seeds, T(1), dy, d);
  T* const dmixed = dy;
  out_.backward(pass, m, tape.mixed.data(), d, nullptr, dmixed);
  T* const dseeds = pass.gradient + seeds_;
  for (std::size_t t = 0; t < n_tasks; ++t) {
    add_multiple(n_seeds, T(1), d + t * n_seeds, dseeds);
    attend_backward(offsets[t + 1] - offsets[t], pass.parameters + seeds_,
                    tape.probabilities.data() + offsets[t] * heads_ * components_,
                    dmixed + t * n_seeds, tape.kv.data() + offsets[t] * 2 * width_, dseeds);
  }
  kv_.backward(pass, as_count(offsets.back()), features, tape.kv.data(), nullptr, dfeatures);
}

/// One task of n points. mixed: components x width.
template <class T>
void ComponentPooling<T>::attend(std::size_t n, T const* seeds, T const* kv, T* probabilities,
                                 T* mixed) const {
  std::size_t const head_width = width_ / heads_;
  std::fill_n(mixed, components_ * width_, T(0));
  for (std::size_t h = 0; h < heads_; ++h)
    for (std::size_t j = 0; j < components_; ++j, probabilities += n) {
      std::size_t const column = h * head_width;
      for (std::size_t i = 0; i < n; ++i)
        probabilities[i] =
            scale_ * dot(head_width, seeds + j * width_ + column, kv + i * 2 * width_ + column);
      softmax(n, probabilities);
      for (std::size_t i = 0; i < n; ++i)
        add_multiple(head_width, probabilities[i], kv + i * 2 * width_ + width_ + column,
                     mixed + j * width_ + column);
    }
}

/// Replaces kv by its gradient and adds to dseeds.
template <class T>
void ComponentPooling<T>::attend_backward(std::size_t n, T const* seeds, T const* probabilities,
                                          T const* dmixed, T* kv, T* dseeds) const {
  std::size_t const head_width = width_ / heads_;
  std::vector<T> const values(kv, kv + n * 2 * width_);
  std::vector<T> dscores(n);
  std::fill_n(kv, n * 2 * width_, T(0));
  for (std::size_t h = 0; h < heads_; ++h)
    for (std::size_t j = 0; j < components_; ++j, probabilities += n) {
      std::size_t const column = h * head_width, seed = j * width_ + column;
      T mean = 0;  // sum_i P dP
      for (std::size_t i = 0; i < n; ++i) {
        std::size_t const value = i * 2 * width_ + width_ + column;
        dscores[i] = dot(head_width, dmixed + seed, values.data() + value);
        mean += probabilities[i] * dscores[i];
        add_multiple(head_width, probabilities[i], dmixed + seed, kv + value);
      }
      for (std::size_t i = 0; i < n; ++i) {
        std::size_t const key = i * 2 * width_ + column;
        T const dscore = scale_ * probabilities[i] * (dscores[i] - mean);
        add_multiple(head_width, dscore, values.data() + key, dseeds + seed);
        add_multiple(head_width, dscore, seeds + seed, kv + key);
      }
    }
}

template class ComponentPooling<float>;
template class ComponentPooling<double>;

}  // namespace tvem
