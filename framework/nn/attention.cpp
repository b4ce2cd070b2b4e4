#include "framework/nn/attention.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/index.hpp"

namespace tvem {
namespace {

/// Rows of Q at a time: their scores stay in the first-level cache between product, softmax and
/// product.
constexpr int rows_at_a_time = 48;

}  // namespace

template <class T>
Attention<T>::Attention(int width, int heads, AttentionKind kind)
    : width_(width),
      heads_(heads),
      head_width_(width / heads),
      kind_(kind),
      scale_(T(1) / std::sqrt(rounded_to<T>(head_width_))) {}

template <class T>
std::size_t Attention<T>::probabilities_size(std::span<std::size_t const> offsets) const {
  std::size_t size = 0;
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t) {
    std::size_t const n = offsets[t + 1] - offsets[t];
    size += heads_ * n * n;
  }
  return size;
}

template <class T>
std::size_t Attention<T>::scratch_size(Kernels<T> const& kernels, int n, bool keeps) const {
  std::size_t const points = n;
  std::size_t const scores = keeps ? points * points + points : rows_at_a_time * points;
  return scores + 2 * packed_size(kernels, n);
}

template <class T>
std::size_t Attention<T>::packed_size(Kernels<T> const& kernels, int n) const {
  return std::max(kernels.packed_size(head_width_, n), kernels.packed_size(n, head_width_));
}

template <class T>
void Attention<T>::forward(Pass<T> const& pass, TaskGroup const& group, T const* qkv,
                           T* probabilities, T* mixed) const {
  if (probabilities) probabilities += group.squares_before * heads_;
  for (std::size_t t = 0; t < group.n_tasks(); ++t) {
    std::size_t const row = group.offsets[t], n = group.offsets[t + 1] - row;
    for (int head = 0; head < heads_; ++head) {
      int const column = head * head_width_;
      forward_head(pass, as_count(n), qkv + row * 3 * width_ + column, probabilities,
                   mixed + row * width_ + column);
      if (probabilities) probabilities += n * n;
    }
  }
}

template <class T>
void Attention<T>::backward(Pass<T> const& pass, TaskGroup const& group, T const* probabilities,
                            T const* mixed, T const* dmixed, T* qkv) const {
  probabilities += group.squares_before * heads_;
  for (std::size_t t = 0; t < group.n_tasks(); ++t) {
    std::size_t const row = group.offsets[t], n = group.offsets[t + 1] - row;
    for (int head = 0; head < heads_; ++head) {
      int const column = head * head_width_;
      backward_head(pass, as_count(n), probabilities, mixed + row * width_ + column,
                    dmixed + (row - group.first_row()) * width_ + column,
                    qkv + row * 3 * width_ + column);
      probabilities += n * n;
    }
  }
}

template <class T>
void Attention<T>::forward_head(Pass<T> const& pass, int n, T const* q, T* probabilities,
                                T* mixed) const {
  std::ptrdiff_t const stride = 3 * width_, points = n, width = width_;
  T const* const k = q + width_;
  T const* const v = k + width_;
  T* const packed_k = pass.scratch;
  T* const packed_v = packed_k + packed_size(pass.kernels, n);
  T* const passing = packed_v + packed_size(pass.kernels, n);  // scores that are not kept
  pass.kernels.pack(k, 1, stride, head_width_, n, packed_k, nullptr);
  pass.kernels.pack(v, stride, 1, n, head_width_, packed_v, nullptr);
  for (int row = 0; row < n; row += rows_at_a_time) {
    int const rows = std::min(rows_at_a_time, n - row);
    T* const scores = probabilities ? probabilities + row * points : passing;
    pass.kernels.multiply({.m = rows,
                           .n = n,
                           .k = head_width_,
                           .a = q + row * stride,
                           .a_row_stride = stride,
                           .packed_b = packed_k,
                           .c = scores,
                           .c_row_stride = n,
                           .scale = scale_});
    weigh(pass, rows, n, scores);
    pass.kernels.multiply({.m = rows,
                           .n = head_width_,
                           .k = n,
                           .a = scores,
                           .a_row_stride = n,
                           .packed_b = packed_v,
                           .c = mixed + row * width,
                           .c_row_stride = width_});
  }
}

template <class T>
void Attention<T>::weigh(Pass<T> const& pass, int rows, int n, T* scores) const {
  T const share = T(1) / rounded_to<T>(n);
  std::ptrdiff_t const points = n, size = rows * points;
  switch (kind_) {
    case AttentionKind::softmax:
      return pass.kernels.softmax_rows(rows, n, scores);
    case AttentionKind::unnormalised:
      return pass.kernels.exponential_rows(rows, n, share, scores);
    case AttentionKind::relu:
      for (std::ptrdiff_t i = 0; i < size; ++i)
        scores[i] = scores[i] < 0 ? T(0) : scores[i] * share;  // keeps NaN
      return;
    case AttentionKind::linear:
      for (std::ptrdiff_t i = 0; i < size; ++i) scores[i] *= share;
      return;
  }
}

template <class T>
void Attention<T>::backward_head(Pass<T> const& pass, int n, T const* probabilities, T const* mixed,
                                 T const* dmixed, T* q) const {
  std::ptrdiff_t const stride = 3 * width_, points = n;
  T* const k = q + width_;
  T* const v = k + width_;
  T* const dscores = pass.scratch;                 // n x n
  T* const row_terms = dscores + points * points;  // n
  T* const packed = row_terms + n;                 // of V, Q and dO in turn
  T* const packed_k = packed + packed_size(pass.kernels, n);

  pass.kernels.pack(v, 1, stride, head_width_, n, packed, nullptr);
  score_gradient(pass, n, probabilities, mixed, dmixed, packed, row_terms, dscores);
  pass.kernels.pack(k, stride, 1, n, head_width_, packed_k, nullptr);
  pass.kernels.pack(q, stride, 1, n, head_width_, packed, nullptr);
  // Products over the points: dQ = dS K and dK = dS^T Q, both / sqrt(head width), and dV = P^T dO.
  Product<T> product{.m = n,
                     .n = head_width_,
                     .k = n,
                     .a = dscores,
                     .a_row_stride = n,
                     .packed_b = packed_k,
                     .c = q,
                     .c_row_stride = stride,
                     .scale = scale_};
  pass.kernels.multiply(product);
  product.a_row_stride = 1;
  product.a_col_stride = n;
  product.packed_b = packed;
  product.c = k;
  pass.kernels.multiply(product);
  pass.kernels.pack(dmixed, width_, 1, n, head_width_, packed, nullptr);
  product.a = probabilities;
  product.c = v;
  product.scale = T(1);
  pass.kernels.multiply(product);
}

template <class T>
void Attention<T>::score_gradient(Pass<T> const& pass, int n, T const* probabilities,
                                  T const* mixed, T const* dmixed, T const* packed_v, T* row_terms,
                                  T* dscores) const {
  // dP = dO V^T. Through softmax, dS = P * (dP - sum_j P dP); the sum over j is dO . O. Through
  // exp / n, dS = P * dP.
  bool const is_softmax = kind_ == AttentionKind::softmax;
  bool const is_exponential = is_softmax || kind_ == AttentionKind::unnormalised;
  if (is_softmax)
    pass.kernels.negative_row_products(n, head_width_, width_, mixed, dmixed, row_terms);
  pass.kernels.multiply({.m = n,
                         .n = n,
                         .k = head_width_,
                         .a = dmixed,
                         .a_row_stride = width_,
                         .packed_b = packed_v,
                         .c = dscores,
                         .c_row_stride = n,
                         .scale = is_exponential ? T(1) : T(1) / rounded_to<T>(n),
                         .row_bias = is_softmax ? row_terms : nullptr,
                         .factor = is_exponential ? probabilities : nullptr});
  if (kind_ != AttentionKind::relu) return;
  std::ptrdiff_t const points = n;
  for (std::ptrdiff_t i = 0; i < points * points; ++i)
    dscores[i] = probabilities[i] > 0 ? dscores[i] : T(0);
}

template class Attention<float>;
template class Attention<double>;

}  // namespace tvem
