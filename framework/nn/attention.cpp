#include "tvem/nn/attention.hpp"

#include <algorithm>
#include <cmath>

namespace tvem {

template <class T>
Attention<T>::Attention(int width, int heads)
    : width_(width),
      heads_(heads),
      head_width_(width / heads),
      scale_(T(1) / std::sqrt(static_cast<T>(head_width_))) {}

template <class T>
std::size_t Attention<T>::probabilities_size(std::span<std::size_t const> offsets) const {
  std::size_t size = 0;
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t) {
    std::size_t const n = offsets[t + 1] - offsets[t];
    size += static_cast<std::size_t>(heads_) * n * n;
  }
  return size;
}

template <class T>
std::size_t Attention<T>::scratch_size(Kernels<T> const& kernels, int n) const {
  auto const scores = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
  return scores +
         std::max(kernels.packed_size(head_width_, n), kernels.packed_size(n, head_width_));
}

template <class T>
void Attention<T>::forward(Pass<T> const& pass, std::span<std::size_t const> offsets, T const* qkv,
                           T* probabilities, T* mixed) const {
  auto const width = static_cast<std::size_t>(width_);
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t) {
    std::size_t const n = offsets[t + 1] - offsets[t];
    for (int head = 0; head < heads_; ++head) {
      int const column = head * head_width_;
      forward_head(pass, static_cast<int>(n), qkv + offsets[t] * 3 * width + column, probabilities,
                   mixed + offsets[t] * width + column);
      probabilities += n * n;
    }
  }
}

template <class T>
void Attention<T>::backward(Pass<T> const& pass, std::span<std::size_t const> offsets, T const* qkv,
                            T const* probabilities, T const* dmixed, T* dqkv) const {
  auto const width = static_cast<std::size_t>(width_);
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t) {
    std::size_t const n = offsets[t + 1] - offsets[t];
    for (int head = 0; head < heads_; ++head) {
      int const column = head * head_width_;
      std::size_t const first = offsets[t] * 3 * width;
      backward_head(pass, static_cast<int>(n), qkv + first + column, probabilities,
                    dmixed + offsets[t] * width + column, dqkv + first + column);
      probabilities += n * n;
    }
  }
}

template <class T>
void Attention<T>::forward_head(Pass<T> const& pass, int n, T const* q, T* probabilities,
                                T* mixed) const {
  std::ptrdiff_t const stride = 3 * width_;
  T const* const k = q + width_;
  T const* const v = k + width_;
  pass.kernels.pack(k, 1, stride, head_width_, n, pass.scratch);
  pass.kernels.multiply({.m = n,
                         .n = n,
                         .k = head_width_,
                         .a = q,
                         .a_row_stride = stride,
                         .packed_b = pass.scratch,
                         .c = probabilities,
                         .c_row_stride = n,
                         .scale = scale_});
  pass.kernels.softmax_rows(n, n, probabilities);
  pass.kernels.pack(v, stride, 1, n, head_width_, pass.scratch);
  pass.kernels.multiply({.m = n,
                         .n = head_width_,
                         .k = n,
                         .a = probabilities,
                         .a_row_stride = n,
                         .packed_b = pass.scratch,
                         .c = mixed,
                         .c_row_stride = width_});
}

template <class T>
void Attention<T>::backward_head(Pass<T> const& pass, int n, T const* q, T const* probabilities,
                                 T const* dmixed, T* dq) const {
  std::ptrdiff_t const stride = 3 * width_;
  T const* const k = q + width_;
  T const* const v = k + width_;
  T* const dk = dq + width_;
  T* const dv = dk + width_;
  T* const scores = pass.scratch;  // n x n: first dP, then dS
  T* const packed = pass.scratch + static_cast<std::ptrdiff_t>(n) * n;

  pass.kernels.pack(dmixed, width_, 1, n, head_width_, packed);
  pass.kernels.multiply({.m = n,
                         .n = head_width_,
                         .k = n,  // dV = P^T dO
                         .a = probabilities,
                         .a_row_stride = 1,
                         .a_col_stride = n,
                         .packed_b = packed,
                         .c = dv,
                         .c_row_stride = stride});
  pass.kernels.pack(v, 1, stride, head_width_, n, packed);
  pass.kernels.multiply({.m = n,
                         .n = n,
                         .k = head_width_,  // dP = dO V^T
                         .a = dmixed,
                         .a_row_stride = width_,
                         .packed_b = packed,
                         .c = scores,
                         .c_row_stride = n});
  pass.kernels.softmax_rows_backward(n, n, probabilities, scores);
  pass.kernels.pack(k, stride, 1, n, head_width_, packed);
  pass.kernels.multiply({.m = n,
                         .n = head_width_,
                         .k = n,  // dQ = dS K / sqrt(head width)
                         .a = scores,
                         .a_row_stride = n,
                         .packed_b = packed,
                         .c = dq,
                         .c_row_stride = stride,
                         .scale = scale_});
  pass.kernels.pack(q, stride, 1, n, head_width_, packed);
  pass.kernels.multiply({.m = n,
                         .n = head_width_,
                         .k = n,  // dK = dS^T Q / sqrt(head width)
                         .a = scores,
                         .a_row_stride = 1,
                         .a_col_stride = n,
                         .packed_b = packed,
                         .c = dk,
                         .c_row_stride = stride,
                         .scale = scale_});
}

template class Attention<float>;
template class Attention<double>;

}  // namespace tvem
