// Compiled once per instruction set (tvem_variants in cmake/TvemModule.cmake).
#include "framework/core/processor/simd.inl"
#include "framework/optim/optimizer_kernels.hpp"

namespace tvem {
namespace {

using V = DoubleVector;
using HalfFloatVector [[gnu::vector_size(TVEM_VECTOR_BYTES / 2)]] = float;
constexpr std::size_t width = lanes<double>;

inline V load_floats(float const* p) {
  HalfFloatVector x;
  __builtin_memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, V);
}
inline void store_floats(float* p, V v) {
  HalfFloatVector const x = __builtin_convertvector(v, HalfFloatVector);
  __builtin_memcpy(p, &x, sizeof x);
}

double square_sum(double const* x, std::size_t n) {
  constexpr std::size_t n_lanes = 32, n_vectors = n_lanes / width;
  V sum[n_vectors] = {};
  std::size_t i = 0;
  for (; i + n_lanes <= n; i += n_lanes)
    for (std::size_t v = 0; v < n_vectors; ++v) {
      V const value = load(x + i + v * width);
      sum[v] += value * value;
    }
  double lane[n_lanes];
  for (std::size_t v = 0; v < n_vectors; ++v) store(lane + v * width, sum[v]);
  for (std::size_t rest = i; rest < n; ++rest) lane[rest - i] += x[rest] * x[rest];
  double total = 0;
  for (double const value : lane) total += value;
  return total;
}

/// `width` parameters. Epsilon (1e-8) is added outside the root, as in the paper.
inline void adam_vector(AdamFactors const& f, double const* gradient, float* first_moment,
                        float* second_moment, float* parameters) {
  V const w = load_floats(parameters);
  V const g = load(gradient) * f.gradient + w * f.decay_gradient;
  V const m = load_floats(first_moment) * f.beta1 + g * (1 - f.beta1);
  V const v = load_floats(second_moment) * f.beta2 + g * (1 - f.beta2) * g;
  V const step = m * f.first_correction * f.rate / (square_root(v * f.second_correction) + 1e-8);
  store_floats(first_moment, m);
  store_floats(second_moment, v);
  store_floats(parameters, w * f.keep - step);
}

void adam(AdamFactors const& factors, std::size_t n, double const* gradient, float* first_moment,
          float* second_moment, float* parameters) {
  std::size_t i = 0;
  for (; i + width <= n; i += width)
    adam_vector(factors, gradient + i, first_moment + i, second_moment + i, parameters + i);
  if (i == n) return;
  // The rest goes into a vector of its own, filled with zeros.
  double g[width] = {};
  float m[width] = {}, v[width] = {}, w[width] = {};
  std::size_t const rest = n - i;
  for (std::size_t r = 0; r < rest; ++r) {
    g[r] = gradient[i + r];
    m[r] = first_moment[i + r];
    v[r] = second_moment[i + r];
    w[r] = parameters[i + r];
  }
  adam_vector(factors, g, m, v, w);
  for (std::size_t r = 0; r < rest; ++r) {
    first_moment[i + r] = m[r];
    second_moment[i + r] = v[r];
    parameters[i + r] = w[r];
  }
}

constexpr OptimizerKernels table{.square_sum = &square_sum, .adam = &adam};

}  // namespace

template <>
OptimizerKernels const& Variants<OptimizerKernels>::TVEM_VARIANT() {
  return table;
}

}  // namespace tvem
