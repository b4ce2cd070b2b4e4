#include "framework/nn/linear.hpp"

namespace tvem {

template <class T>
Linear<T>::Linear(ParameterLayout& layout, std::string const& name, int in, int out, int n_hidden)
    : in_(in),
      out_(out),
      weight_(layout.add(name + ".weight", in, out, n_hidden)),
      bias_(layout.add(name + ".bias", 1, out)) {}

template <class T>
void Linear<T>::pack(Kernels<T> const& kernels, T const* parameters) {
  grow(packed_, kernels.packed_size(in_, out_));
  grow(packed_transpose_, kernels.packed_size(out_, in_));
  kernels.pack(parameters + weight_, out_, 1, in_, out_, packed_.data(), nullptr);
  kernels.pack(parameters + weight_, 1, out_, out_, in_, packed_transpose_.data(), nullptr);
}

template <class T>
Product<T> Linear<T>::affine(Pass<T> const& pass, int rows, T const* x, T* y) const {
  return {.m = rows,
          .n = out_,
          .k = in_,
          .a = x,
          .a_row_stride = in_,
          .packed_b = packed_.data(),
          .c = y,
          .c_row_stride = out_,
          .bias = pass.parameters + bias_};
}

template <class T>
void Linear<T>::forward(Pass<T> const& pass, int rows, T const* x, T const* residual, T* y) const {
  Product<T> product = affine(pass, rows, x, y);
  product.add = residual;
  product.add_row_stride = out_;
  pass.kernels.multiply(product);
}

template <class T>
void Linear<T>::forward_activated(Pass<T> const& pass, int rows, T const* x, Activation f, T* y,
                                  T* slope) const {
  Product<T> product = affine(pass, rows, x, y);
  product.activation = f;
  product.slope = slope;
  pass.kernels.multiply(product);
}

template <class T>
void Linear<T>::backward(Pass<T> const& pass, int rows, T const* x, T const* dy, T const* factor,
                         T* dx) const {
  pass.kernels.pack(dy, out_, 1, rows, out_, pass.scratch, pass.gradient + bias_);
  T* const weight_gradient = pass.gradient + weight_;
  pass.kernels.multiply({.m = in_,
                         .n = out_,
                         .k = rows,  // dW += x^T dy
                         .a = x,
                         .a_row_stride = 1,
                         .a_col_stride = in_,
                         .packed_b = pass.scratch,
                         .c = weight_gradient,
                         .c_row_stride = out_,
                         .accumulates = true});
  if (dx == nullptr) return;
  pass.kernels.multiply({.m = rows,
                         .n = in_,
                         .k = out_,
                         .a = dy,
                         .a_row_stride = out_,
                         .packed_b = packed_transpose_.data(),
                         .c = dx,
                         .c_row_stride = in_,
                         .factor = factor});
}

template class Linear<float>;
template class Linear<double>;

}  // namespace tvem
