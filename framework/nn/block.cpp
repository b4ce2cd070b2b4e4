#include "tvem/nn/block.hpp"

#include <algorithm>

namespace tvem {
namespace {

template <class T>
std::optional<LayerNorm<T>> make_norm(ParameterLayout& layout, std::string const& name,
                                      ModelSettings const& settings) {
  if (settings.norm == NormKind::none) return std::nullopt;
  return LayerNorm<T>(layout, name, settings.width);
}

int hidden_width(ModelSettings const& settings) { return settings.mlp_ratio * settings.width; }

}  // namespace

template <class T>
Block<T>::Block(ParameterLayout& layout, std::string const& name, ModelSettings const& settings)
    : settings_(settings),
      norm1_(make_norm<T>(layout, name + ".norm1", settings)),
      norm2_(make_norm<T>(layout, name + ".norm2", settings)),
      qkv_(layout, name + ".qkv", settings.width, 3 * settings.width),
      out_(layout, name + ".out", settings.width, settings.width),
      up_(layout, name + ".up", settings.width, hidden_width(settings)),
      down_(layout, name + ".down", hidden_width(settings), settings.width),
      attention_(settings.width, settings.heads) {}

template <class T>
void Block<T>::pack(Kernels<T> const& kernels, T const* parameters) {
  for (Linear<T>* linear : {&qkv_, &out_, &up_, &down_}) linear->pack(kernels, parameters);
}

template <class T>
void Block<T>::reserve(BlockTape<T>& tape, std::size_t rows, std::size_t probabilities) const {
  auto const width = static_cast<std::size_t>(settings_.width);
  auto const hidden = static_cast<std::size_t>(hidden_width(settings_));
  for (auto* buffer : {&tape.input, &tape.mixed, &tape.middle}) grow(*buffer, rows * width);
  if (settings_.norm == NormKind::pre)
    for (auto* buffer : {&tape.normed1, &tape.normed2}) grow(*buffer, rows * width);
  if (settings_.norm == NormKind::post)
    for (auto* buffer : {&tape.sum1, &tape.sum2}) grow(*buffer, rows * width);
  grow(tape.qkv, rows * 3 * width);
  grow(tape.probabilities, probabilities);
  for (auto* buffer : {&tape.hidden, &tape.slope}) grow(*buffer, rows * hidden);
  for (auto* norm : {&tape.norm1, &tape.norm2})
    if (norm->mean.size() < rows) norm->resize(rows);
}

template <class T>
void Block<T>::reserve(BlockScratch<T>& scratch, std::size_t rows) const {
  auto const width = static_cast<std::size_t>(settings_.width);
  for (auto* buffer : {&scratch.narrow, &scratch.middle}) grow(*buffer, rows * width);
  grow(scratch.hidden, rows * static_cast<std::size_t>(hidden_width(settings_)));
  grow(scratch.qkv, rows * 3 * width);
}

template <class T>
std::size_t Block<T>::scratch_size(Kernels<T> const& kernels, int rows, int largest_task) const {
  std::size_t size = attention_.scratch_size(kernels, largest_task);
  for (Linear<T> const* linear : {&qkv_, &out_, &up_, &down_})
    size = std::max(size, linear->scratch_size(kernels, rows));
  return size;
}

template <class T>
void Block<T>::forward(Pass<T> const& pass, std::span<std::size_t const> offsets,
                       BlockTape<T>& tape, T* y) const {
  int const rows = static_cast<int>(offsets.back());
  bool const is_pre = settings_.norm == NormKind::pre, is_post = settings_.norm == NormKind::post;
  std::size_t const n_hidden = offsets.back() * static_cast<std::size_t>(hidden_width(settings_));

  T const* x = tape.input.data();
  if (is_pre) {
    norm1_->forward(pass, rows, x, tape.normed1.data(), tape.norm1);
    x = tape.normed1.data();
  }
  qkv_.forward(pass, rows, x, nullptr, tape.qkv.data());
  attention_.forward(pass, offsets, tape.qkv.data(), tape.probabilities.data(), tape.mixed.data());
  T* const sum1 = is_post ? tape.sum1.data() : tape.middle.data();
  out_.forward(pass, rows, tape.mixed.data(), tape.input.data(), sum1);
  if (is_post) norm1_->forward(pass, rows, sum1, tape.middle.data(), tape.norm1);

  x = tape.middle.data();
  if (is_pre) {
    norm2_->forward(pass, rows, x, tape.normed2.data(), tape.norm2);
    x = tape.normed2.data();
  }
  up_.forward(pass, rows, x, nullptr, tape.hidden.data());
  auto const activate =
      settings_.activation == ActivationKind::gelu ? pass.kernels.gelu : pass.kernels.relu;
  activate(n_hidden, tape.hidden.data(), tape.slope.data());
  T* const sum2 = is_post ? tape.sum2.data() : y;
  down_.forward(pass, rows, tape.hidden.data(), tape.middle.data(), sum2);
  if (is_post) norm2_->forward(pass, rows, sum2, y, tape.norm2);
}

template <class T>
void Block<T>::backward(Pass<T> const& pass, std::span<std::size_t const> offsets,
                        BlockTape<T> const& tape, BlockScratch<T>& scratch, T* d) const {
  int const rows = static_cast<int>(offsets.back());
  bool const is_pre = settings_.norm == NormKind::pre, is_post = settings_.norm == NormKind::post;
  std::size_t const n_hidden = offsets.back() * static_cast<std::size_t>(hidden_width(settings_));
  std::size_t const n_narrow = offsets.back() * static_cast<std::size_t>(settings_.width);
  T* const narrow = scratch.narrow.data();
  T* const middle = scratch.middle.data();

  // Perceptron: from d = dy to middle = dm.
  if (is_post) norm2_->backward(pass, rows, tape.sum2.data(), tape.norm2, d, nullptr, d);
  down_.backward(pass, rows, tape.hidden.data(), d, scratch.hidden.data());
  pass.kernels.scale_by(n_hidden, tape.slope.data(), scratch.hidden.data());
  T const* const up_input = is_pre ? tape.normed2.data() : tape.middle.data();
  up_.backward(pass, rows, up_input, scratch.hidden.data(), narrow);
  if (is_pre)
    norm2_->backward(pass, rows, tape.middle.data(), tape.norm2, narrow, d, middle);
  else
    for (std::size_t i = 0; i < n_narrow; ++i) middle[i] = d[i] + narrow[i];

  // Attention: from middle to d = dx.
  if (is_post) norm1_->backward(pass, rows, tape.sum1.data(), tape.norm1, middle, nullptr, middle);
  out_.backward(pass, rows, tape.mixed.data(), middle, narrow);
  attention_.backward(pass, offsets, tape.qkv.data(), tape.probabilities.data(), narrow,
                      scratch.qkv.data());
  T const* const qkv_input = is_pre ? tape.normed1.data() : tape.input.data();
  qkv_.backward(pass, rows, qkv_input, scratch.qkv.data(), narrow);
  if (is_pre)
    norm1_->backward(pass, rows, tape.input.data(), tape.norm1, narrow, middle, d);
  else
    for (std::size_t i = 0; i < n_narrow; ++i) d[i] = middle[i] + narrow[i];
}

template class Block<float>;
template class Block<double>;

}  // namespace tvem
