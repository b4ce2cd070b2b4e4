#pragma once

// Vectors of the size that this file is compiled for, as GCC and Clang extend the language:
// arithmetic, comparison and selection work lane by lane on every processor; only the fused
// multiply-add needs a word of its own.

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace tvem {
namespace {

using FloatVector [[gnu::vector_size(TVEM_VECTOR_BYTES)]] = float;
using DoubleVector [[gnu::vector_size(TVEM_VECTOR_BYTES)]] = double;
using IntVector [[gnu::vector_size(TVEM_VECTOR_BYTES)]] = std::int32_t;

template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
  using type = FloatVector;
};
template <>
struct VectorOf<double> {
  using type = DoubleVector;
};
template <class T>
using Vector = typename VectorOf<T>::type;

/// Lanes of a vector of T.
template <class T>
constexpr int lanes = TVEM_VECTOR_BYTES / static_cast<int>(sizeof(T));

template <class T>
inline Vector<T> broadcast(T value) {
  return Vector<T>{} + value;
}

template <class T>
inline Vector<T> load(T const* p) {
  Vector<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

template <class T>
inline void store(T* p, Vector<T> v) {
  __builtin_memcpy(p, &v, sizeof v);
}

/// The first `count` lanes from memory, the rest 0; memory past them is not touched.
inline FloatVector load_partial(float const* p, int count);
inline DoubleVector load_partial(double const* p, int count);
inline void store_partial(float* p, FloatVector v, int count);
inline void store_partial(double* p, DoubleVector v, int count);

#if TVEM_VECTOR_BYTES == 64
inline FloatVector load_partial(float const* p, int count) {
  return (FloatVector)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}
inline DoubleVector load_partial(double const* p, int count) {
  return (DoubleVector)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), p);
}
inline void store_partial(float* p, FloatVector v, int count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
}
inline void store_partial(double* p, DoubleVector v, int count) {
  _mm512_mask_storeu_pd(p, (__mmask8)((1u << count) - 1), (__m512d)v);
}
#elif TVEM_VECTOR_BYTES == 32
/// A mask whose first `count` of eight 32-bit lanes are set.
inline __m256i first_lanes(int count) {
  static constexpr std::int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(window + 8 - count));
}
inline FloatVector load_partial(float const* p, int count) {
  return (FloatVector)_mm256_maskload_ps(p, first_lanes(count));
}
inline DoubleVector load_partial(double const* p, int count) {
  return (DoubleVector)_mm256_maskload_pd(p, first_lanes(2 * count));
}
inline void store_partial(float* p, FloatVector v, int count) {
  _mm256_maskstore_ps(p, first_lanes(count), (__m256)v);
}
inline void store_partial(double* p, DoubleVector v, int count) {
  _mm256_maskstore_pd(p, first_lanes(2 * count), (__m256d)v);
}
#else
template <class T>
inline Vector<T> load_lanes(T const* p, int count) {
  Vector<T> v{};
  for (int i = 0; i < count; ++i) v[i] = p[i];
  return v;
}
inline FloatVector load_partial(float const* p, int count) { return load_lanes(p, count); }
inline DoubleVector load_partial(double const* p, int count) { return load_lanes(p, count); }
inline void store_partial(float* p, FloatVector v, int count) {
  for (int i = 0; i < count; ++i) p[i] = v[i];
}
inline void store_partial(double* p, DoubleVector v, int count) {
  for (int i = 0; i < count; ++i) p[i] = v[i];
}
#endif

/// A whole vector where `count` allows it, else its first `count` lanes.
template <class T>
inline Vector<T> load_first(T const* p, int count) {
  return count >= lanes<T> ? load(p) : load_partial(p, count);
}
template <class T>
inline void store_first(T* p, Vector<T> v, int count) {
  if (count >= lanes<T>)
    store(p, v);
  else
    store_partial(p, v, count);
}
/// As above with lanes past the end set to `fill`.
template <class T>
inline Vector<T> load_first(T const* p, int count, T fill) {
  Vector<T> v = load_first(p, count);
  for (int i = count; i < lanes<T>; ++i) v[i] = fill;
  return v;
}

// Builtins, not std::sqrt: the standard library's overloads are functions of their own when nothing
// is inlined, and the linker might keep the copy compiled for this instruction set.
inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }

/// a b + c, rounded once where the instruction set can.
inline FloatVector fused(FloatVector a, FloatVector b, FloatVector c) {
#if TVEM_VECTOR_BYTES == 64
  return (FloatVector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif TVEM_VECTOR_BYTES == 32
  return (FloatVector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}
inline DoubleVector fused(DoubleVector a, DoubleVector b, DoubleVector c) {
#if TVEM_VECTOR_BYTES == 64
  return (DoubleVector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif TVEM_VECTOR_BYTES == 32
  return (DoubleVector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
  return a * b + c;
#endif
}

/// Sum of the lanes, from the first to the last.
template <class T>
inline T lane_sum(Vector<T> v) {
  T sum = v[0];
  for (int i = 1; i < lanes<T>; ++i) sum += v[i];
  return sum;
}

template <class T>
inline T lane_max(Vector<T> v) {
  T largest = v[0];
  for (int i = 1; i < lanes<T>; ++i) largest = v[i] > largest ? v[i] : largest;
  return largest;
}

/// exp, relative error below 2e-7; arguments below -87.3 give about 1e-38, above 88.3 are not met.
/// Range reduction by ln 2 in two parts (Cody and Waite), then a polynomial of degree 6.
inline FloatVector exponential(FloatVector x) {
  FloatVector const lowest = broadcast(-87.33f);
  x = x < lowest ? lowest : x;
  FloatVector const round = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  FloatVector const shifted = fused(x, broadcast(1.44269504f), round);
  FloatVector const n = shifted - round;
  FloatVector r = fused(n, broadcast(-0.693359375f), x);
  r = fused(n, broadcast(2.12194440e-4f), r);
  FloatVector p = broadcast(1.0f / 720);
  p = fused(p, r, broadcast(1.0f / 120));
  p = fused(p, r, broadcast(1.0f / 24));
  p = fused(p, r, broadcast(1.0f / 6));
  p = fused(p, r, broadcast(0.5f));
  p = fused(p, r * r, r) + 1.0f;
  IntVector const power = ((IntVector)shifted - (IntVector)round + 127) << 23;
  return p * (FloatVector)power;
}
/// Double precision serves gradient checks: accuracy matters there, speed does not.
inline DoubleVector exponential(DoubleVector x) {
  for (int i = 0; i < lanes<double>; ++i) x[i] = __builtin_exp(x[i]);
  return x;
}

}  // namespace
}  // namespace tvem
