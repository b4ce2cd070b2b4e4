#include "framework/nn/block.hpp"

#include <algorithm>

#include "framework/core/index.hpp"
#include "framework/nn/cache/blocking.hpp"

namespace tvem {
namespace {

template <class T>
std::optional<LayerNorm<T>> make_norm(ParameterLayout& layout, std::string const& name,
                                      ModelSettings const& settings) {
  if (settings.norm == NormKind::none) return std::nullopt;
  return LayerNorm<T>(layout, name, settings.width);
}

int hidden_width(ModelSettings const& settings) { return settings.mlp_ratio * settings.width; }

template <class T>
void add(std::size_t n, T const* x, T* sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += x[i];
}

}  // namespace

template <class T>
Block<T>::Block(ParameterLayout& layout, std::string const& name, ModelSettings const& settings)
    : settings_(settings),
      parameters_{layout.size(), 0},
      norm1_(make_norm<T>(layout, name + ".norm1", settings)),
      norm2_(make_norm<T>(layout, name + ".norm2", settings)),
      qkv_(layout, name + ".qkv", settings.width, 3 * settings.width, 3),
      out_(layout, name + ".out", settings.width, settings.width, 1),
      up_(layout, name + ".up", settings.width, hidden_width(settings), 1),
      down_(layout, name + ".down", hidden_width(settings), settings.width, 1),
      attention_(settings.width, settings.heads, settings.attention) {
  parameters_.size = layout.size() - parameters_.offset;
}

template <class T>
void Block<T>::pack(Kernels<T> const& kernels, T const* parameters) {
  for (Linear<T>* linear : {&qkv_, &out_, &up_, &down_}) linear->pack(kernels, parameters);
}

template <class T>
void Block<T>::reserve(Reservation& reserve, BlockTape<T>& tape,
                       std::span<std::size_t const> offsets, bool keeps) const {
  std::size_t const rows = offsets.back(),
                    perceived = keeps ? rows : std::min(rows, blocking().group_rows);
  for (auto* buffer : {&tape.input, &tape.mixed, &tape.middle}) reserve(*buffer, narrow(rows));
  if (settings_.norm == NormKind::pre)
    for (auto* buffer : {&tape.normed1, &tape.normed2}) reserve(*buffer, narrow(rows));
  if (settings_.norm == NormKind::post)
    for (auto* buffer : {&tape.sum1, &tape.sum2}) reserve(*buffer, narrow(rows));
  reserve(tape.qkv, 3 * narrow(rows));
  if (keeps) reserve(tape.probabilities, attention_.probabilities_size(offsets));
  for (auto* buffer : {&tape.hidden, &tape.slope}) reserve(*buffer, wide(perceived));
  for (auto* norm : {&tape.norm1, &tape.norm2}) norm->reserve(reserve, rows);
}

template <class T>
void Block<T>::reserve(Reservation& reserve, BlockScratch<T>& scratch, std::size_t rows) const {
  reserve(scratch.inner, narrow(rows));
}

template <class T>
std::size_t Block<T>::scratch_size(Kernels<T> const& kernels, int rows, int largest_task,
                                   bool keeps) const {
  std::size_t size = attention_.scratch_size(kernels, largest_task, keeps);
  if (!keeps) return size;
  for (Linear<T> const* linear : {&qkv_, &out_, &up_, &down_})
    size = std::max(size, linear->scratch_size(kernels, rows));
  return size;
}

template <class T>
void Block<T>::forward(Pass<T> const& pass, std::span<TaskGroup const> groups, BlockTape<T>& tape,
                       T* y) const {
  for (TaskGroup const& group : groups) attend(pass, group, tape);
  for (TaskGroup const& group : groups) perceive(pass, group, tape, y);
}

template <class T>
void Block<T>::backward(Pass<T> const& pass, std::span<TaskGroup const> groups, BlockTape<T>& tape,
                        BlockScratch<T>& scratch, T* d) const {
  for (TaskGroup const& group : groups) perceive_backward(pass, group, tape, scratch, d);
  for (TaskGroup const& group : groups) attend_backward(pass, group, tape, scratch, d);
}

/// The place where a row begins in a matrix of the model's width, and in one of the hidden width.
template <class T>
std::size_t Block<T>::narrow(std::size_t row) const {
  return row * settings_.width;
}
template <class T>
std::size_t Block<T>::wide(std::size_t row) const {
  return row * hidden_width(settings_);
}

/// From tape.input to tape.middle.
template <class T>
void Block<T>::attend(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape) const {
  int const rows = as_count(group.rows());
  std::size_t const at = narrow(group.first_row());
  RowStatistics<T> const statistics = tape.norm1.at(group.first_row());
  T const* const input = tape.input.data() + at;
  T* const middle = tape.middle.data() + at;
  T const* x = input;
  if (settings_.norm == NormKind::pre) {
    norm1_->forward(pass, rows, input, tape.normed1.data() + at, statistics);
    x = tape.normed1.data() + at;
  }
  qkv_.forward(pass, rows, x, nullptr, tape.qkv.data() + 3 * at);
  attention_.forward(pass, group, tape.qkv.data(), pass.keeps ? tape.probabilities.data() : nullptr,
                     tape.mixed.data());
  if (settings_.norm == NormKind::post) {
    out_.forward(pass, rows, tape.mixed.data() + at, input, tape.sum1.data() + at);
    norm1_->forward(pass, rows, tape.sum1.data() + at, middle, statistics);
  } else {
    out_.forward(pass, rows, tape.mixed.data() + at, input, middle);
  }
}

/// The perceptron takes each row alone. Where nothing is kept, a large task goes through it in
/// parts that stay in cache.
template <class T>
void Block<T>::perceive(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape,
                        T* y) const {
  if (pass.keeps) return perceive(pass, group.first_row(), group.rows(), tape, y);
  std::size_t const end = group.first_row() + group.rows(), part = blocking().group_rows;
  for (std::size_t row = group.first_row(); row < end; row += part)
    perceive(pass, row, std::min(part, end - row), tape, y);
}

/// From tape.middle to y.
template <class T>
void Block<T>::perceive(Pass<T> const& pass, std::size_t first_row, std::size_t n_rows,
                        BlockTape<T>& tape, T* y) const {
  int const rows = as_count(n_rows);
  std::size_t const at = narrow(first_row), wide_at = pass.keeps ? wide(first_row) : 0;
  RowStatistics<T> const statistics = tape.norm2.at(first_row);
  T const* const middle = tape.middle.data() + at;
  T const* x = middle;
  if (settings_.norm == NormKind::pre) {
    norm2_->forward(pass, rows, middle, tape.normed2.data() + at, statistics);
    x = tape.normed2.data() + at;
  }
  T* const hidden = tape.hidden.data() + wide_at;
  up_.forward_activated(pass, rows, x, settings_.activation, hidden, tape.slope.data() + wide_at);
  if (settings_.norm == NormKind::post) {
    down_.forward(pass, rows, hidden, middle, tape.sum2.data() + at);
    norm2_->forward(pass, rows, tape.sum2.data() + at, y + at, statistics);
  } else {
    down_.forward(pass, rows, hidden, middle, y + at);
  }
}

/// d: from the gradient of y to that of tape.middle.
template <class T>
void Block<T>::perceive_backward(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape,
                                 BlockScratch<T>& scratch, T* d) const {
  int const rows = as_count(group.rows());
  std::size_t const at = narrow(group.first_row());
  RowStatistics<T> const statistics = tape.norm2.at(group.first_row());
  T* const dx = scratch.inner.data();
  T const* const middle = tape.middle.data() + at;
  d += at;
  if (settings_.norm == NormKind::post)
    norm2_->backward(pass, rows, tape.sum2.data() + at, statistics, d, nullptr, d);
  T* const dhidden = tape.slope.data() + wide(group.first_row());
  down_.backward(pass, rows, tape.hidden.data() + wide(group.first_row()), d, dhidden, dhidden);
  if (settings_.norm == NormKind::pre) {
    up_.backward(pass, rows, tape.normed2.data() + at, dhidden, nullptr, dx);
    norm2_->backward(pass, rows, middle, statistics, dx, d, d);
  } else {
    up_.backward(pass, rows, middle, dhidden, nullptr, dx);
    add(narrow(group.rows()), dx, d);
  }
}

/// d: from the gradient of tape.middle to that of tape.input.
template <class T>
void Block<T>::attend_backward(Pass<T> const& pass, TaskGroup const& group, BlockTape<T>& tape,
                               BlockScratch<T>& scratch, T* d) const {
  int const rows = as_count(group.rows());
  std::size_t const at = narrow(group.first_row());
  RowStatistics<T> const statistics = tape.norm1.at(group.first_row());
  T* const dx = scratch.inner.data();
  T const* const input = tape.input.data() + at;
  d += at;
  if (settings_.norm == NormKind::post)
    norm1_->backward(pass, rows, tape.sum1.data() + at, statistics, d, nullptr, d);
  out_.backward(pass, rows, tape.mixed.data() + at, d, nullptr, dx);
  attention_.backward(pass, group, tape.probabilities.data(), tape.mixed.data(), dx,
                      tape.qkv.data());
  T const* const dqkv = tape.qkv.data() + 3 * at;
  if (settings_.norm == NormKind::pre) {
    qkv_.backward(pass, rows, tape.normed1.data() + at, dqkv, nullptr, dx);
    norm1_->backward(pass, rows, input, statistics, dx, d, d);
  } else {
    qkv_.backward(pass, rows, input, dqkv, nullptr, dx);
    add(narrow(group.rows()), dx, d);
  }
}

template class Block<float>;
template class Block<double>;

}  // namespace tvem
