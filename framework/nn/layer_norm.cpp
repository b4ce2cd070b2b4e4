#include "framework/nn/layer_norm.hpp"

namespace tvem {

template <class T>
LayerNorm<T>::LayerNorm(ParameterLayout& layout, std::string const& name, int width)
    : width_(width),
      scale_(layout.add(name + ".scale", 1, width)),
      shift_(layout.add(name + ".shift", 1, width)) {}

template <class T>
void LayerNorm<T>::forward(Pass<T> const& pass, int rows, T const* x, T* y,
                           RowStatistics<T> statistics) const {
  pass.kernels.layer_norm(rows, width_, x, pass.parameters + scale_, pass.parameters + shift_, y,
                          statistics.mean, statistics.inverse_deviation);
}

template <class T>
void LayerNorm<T>::backward(Pass<T> const& pass, int rows, T const* x, RowStatistics<T> statistics,
                            T const* dy, T const* add, T* dx) const {
  pass.kernels.layer_norm_backward(rows, width_, x, statistics.mean, statistics.inverse_deviation,
                                   pass.parameters + scale_, dy, add, dx, pass.gradient + scale_,
                                   pass.gradient + shift_);
}

template class LayerNorm<float>;
template class LayerNorm<double>;

}  // namespace tvem
