#pragma once

// Vectors of the size that this file is compiled for (TVEM_VECTOR_BYTES), as GCC and Clang extend
// the language: arithmetic, comparison and selection work lane by lane on every processor. The
// language has no words for broadcasts, partial loads, fused multiply-adds and sums of lanes: these
// are written for each instruction set.

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
using LongVector [[gnu::vector_size(TVEM_VECTOR_BYTES)]] = std::int64_t;
// Bits of numbers: what leaves the range wraps around.
using BitsVector [[gnu::vector_size(TVEM_VECTOR_BYTES)]] = std::uint32_t;
using LongBitsVector [[gnu::vector_size(TVEM_VECTOR_BYTES)]] = std::uint64_t;

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
constexpr int lanes = TVEM_VECTOR_BYTES / sizeof(T);

/// A number in the precision T.
template <class T>
inline T rounded(double x) {
  return static_cast<T>(x);
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

// Builtins, not std::sqrt: the standard library's overloads are functions of their own when nothing
// is inlined, and the linker might keep the copy compiled for this instruction set.
inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }
inline DoubleVector square_root(DoubleVector x) {
#if TVEM_VECTOR_BYTES == 64
  return (DoubleVector)_mm512_sqrt_pd((__m512d)x);
#elif TVEM_VECTOR_BYTES == 32
  return (DoubleVector)_mm256_sqrt_pd((__m256d)x);
#else
  for (int i = 0; i < lanes<double>; ++i) x[i] = square_root(x[i]);
  return x;
#endif
}

// For each instruction set:
//   broadcast(x)            x in every lane
//   load_partial(p, count)  the first `count` lanes from memory, the rest 0
//   store_partial           the first `count` lanes; neither touches memory past them
//   fused(a, b, c)          a b + c, rounded once where the instruction set can
//   lane_sum, lane_max      over the lanes, by halves: the upper half to the lower, then again
#if TVEM_VECTOR_BYTES == 64

inline FloatVector broadcast(float x) { return (FloatVector)_mm512_set1_ps(x); }
inline DoubleVector broadcast(double x) { return (DoubleVector)_mm512_set1_pd(x); }
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
inline FloatVector fused(FloatVector a, FloatVector b, FloatVector c) {
  return (FloatVector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
inline DoubleVector fused(DoubleVector a, DoubleVector b, DoubleVector c) {
  return (DoubleVector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
/// 1 / x, relative error below 1.2e-7: an approximation to 14 bits and a Newton step, in half the
/// time of a division. Processors agree on the approximation's bits, as they do not for AVX2's.
inline FloatVector reciprocal(FloatVector x) {
  FloatVector const y = (FloatVector)_mm512_rcp14_ps((__m512)x);
  return fused(y, 1.0f - x * y, y);
}
inline float lane_sum(FloatVector v) { return _mm512_reduce_add_ps((__m512)v); }
inline double lane_sum(DoubleVector v) { return _mm512_reduce_add_pd((__m512d)v); }
inline float lane_max(FloatVector v) { return _mm512_reduce_max_ps((__m512)v); }
inline double lane_max(DoubleVector v) { return _mm512_reduce_max_pd((__m512d)v); }

#elif TVEM_VECTOR_BYTES == 32

inline FloatVector broadcast(float x) { return (FloatVector)_mm256_set1_ps(x); }
inline DoubleVector broadcast(double x) { return (DoubleVector)_mm256_set1_pd(x); }
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
inline FloatVector fused(FloatVector a, FloatVector b, FloatVector c) {
  return (FloatVector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
inline DoubleVector fused(DoubleVector a, DoubleVector b, DoubleVector c) {
  return (DoubleVector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
inline float lane_sum(FloatVector v) {
  __m128 a = _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
  a = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(a, _mm_movehdup_ps(a)));
}
inline double lane_sum(DoubleVector v) {
  __m128d const a =
      _mm_add_pd(_mm256_castpd256_pd128((__m256d)v), _mm256_extractf128_pd((__m256d)v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}
inline float lane_max(FloatVector v) {
  __m128 a = _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
  a = _mm_max_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_max_ss(a, _mm_movehdup_ps(a)));
}
inline double lane_max(DoubleVector v) {
  __m128d const a =
      _mm_max_pd(_mm256_castpd256_pd128((__m256d)v), _mm256_extractf128_pd((__m256d)v, 1));
  return _mm_cvtsd_f64(_mm_max_sd(a, _mm_unpackhi_pd(a, a)));
}

#else

inline FloatVector broadcast(float x) { return FloatVector{x, x, x, x}; }
inline DoubleVector broadcast(double x) { return DoubleVector{x, x}; }
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
inline FloatVector fused(FloatVector a, FloatVector b, FloatVector c) { return a * b + c; }
inline DoubleVector fused(DoubleVector a, DoubleVector b, DoubleVector c) { return a * b + c; }
inline float lane_sum(FloatVector v) { return (v[0] + v[2]) + (v[1] + v[3]); }
inline double lane_sum(DoubleVector v) { return v[0] + v[1]; }
inline float larger(float a, float b) { return a > b ? a : b; }
inline float lane_max(FloatVector v) { return larger(larger(v[0], v[2]), larger(v[1], v[3])); }
inline double lane_max(DoubleVector v) { return v[0] > v[1] ? v[0] : v[1]; }

#endif

#if TVEM_VECTOR_BYTES != 64
inline FloatVector reciprocal(FloatVector x) { return 1.0f / x; }
#endif

#ifdef __FMA__
inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
inline float fused(float a, float b, float c) { return a * b + c; }
inline double fused(double a, double b, double c) { return a * b + c; }
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

/// 0, 1, 2, ... in the lanes.
template <class T>
inline Vector<T> lane_numbers() {
  Vector<T> v{};
  for (int i = 0; i < lanes<T>; ++i) v[i] = rounded<T>(i);
  return v;
}

/// As load_first, with lanes past the end set to `fill`.
template <class T>
inline Vector<T> load_first(T const* p, int count, T fill) {
  if (count >= lanes<T>) return load(p);
  return lane_numbers<T>() < broadcast(rounded<T>(count)) ? load_partial(p, count)
                                                          : broadcast(fill);
}

/// exp, relative error below 2e-7; arguments below -75 give 0, above 88.3 are not met. So weights
/// that are quotients of it stay normal numbers; subnormal ones cost a hundredfold. Range reduction
/// by ln 2 in two parts (Cody and Waite), then a polynomial of degree 6.
inline FloatVector exponential(FloatVector x) {
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
  BitsVector const power = ((BitsVector)shifted - (BitsVector)round + 127) << 23;
  return x < broadcast(-75.0f) ? FloatVector{} : p * (FloatVector)power;
}

/// exp, relative error below 1e-15; arguments below -690 give 0, above 709 are not met.
inline DoubleVector exponential(DoubleVector x) {
  DoubleVector const round = broadcast(6755399441055744.0);  // 1.5 * 2^52
  DoubleVector const shifted = fused(x, broadcast(1.44269504088896338700), round);
  DoubleVector const n = shifted - round;
  DoubleVector r = fused(n, broadcast(-6.93147180369123816490e-01), x);
  r = fused(n, broadcast(-1.90821492927058770002e-10), r);
  DoubleVector p = broadcast(1.0 / 6227020800.0);
  p = fused(p, r, broadcast(1.0 / 479001600.0));
  p = fused(p, r, broadcast(1.0 / 39916800.0));
  p = fused(p, r, broadcast(1.0 / 3628800.0));
  p = fused(p, r, broadcast(1.0 / 362880.0));
  p = fused(p, r, broadcast(1.0 / 40320.0));
  p = fused(p, r, broadcast(1.0 / 5040.0));
  p = fused(p, r, broadcast(1.0 / 720.0));
  p = fused(p, r, broadcast(1.0 / 120.0));
  p = fused(p, r, broadcast(1.0 / 24.0));
  p = fused(p, r, broadcast(1.0 / 6.0));
  p = fused(p, r, broadcast(0.5));
  p = fused(p, r * r, r) + 1.0;
  LongBitsVector const power = ((LongBitsVector)shifted - (LongBitsVector)round + 1023) << 52;
  return x < broadcast(-690.0) ? DoubleVector{} : p * (DoubleVector)power;
}

/// log of positive normal numbers, relative error below 1.5e-7 (absolute near 1). With m in
/// [sqrt(1/2), sqrt(2)) and s = (m - 1) / (m + 1), log m = 2 artanh(s).
inline FloatVector logarithm(FloatVector x) {
  IntVector const low = IntVector{} + 0x3f3504f3;                      // sqrt(1/2)
  IntVector const exponent = ((IntVector)x - low + 0x3f800000) >> 23;  // biased
  FloatVector const m = (FloatVector)((IntVector)x - ((exponent - 127) << 23));
  FloatVector const e = __builtin_convertvector(exponent - 127, FloatVector);
  FloatVector const f = m - 1.0f, s = f / (f + 2.0f), z = s * s;
  FloatVector p = broadcast(1.0f / 9);
  p = fused(p, z, broadcast(1.0f / 7));
  p = fused(p, z, broadcast(1.0f / 5));
  p = fused(p, z, broadcast(1.0f / 3));
  FloatVector const correction = s * (f - 2.0f * z * p);  // f - log m
  return fused(e, broadcast(0.693359375f), f - fused(e, broadcast(2.12194440e-4f), correction));
}

/// log of positive normal numbers, relative error below 1e-15 (absolute near 1).
inline DoubleVector logarithm(DoubleVector x) {
  using Bits = LongBitsVector;
  Bits const low = Bits{} + 0x3fe6a09e667f3bcd;                      // sqrt(1/2)
  Bits const exponent = ((Bits)x - low + 0x3ff0000000000000) >> 52;  // biased
  DoubleVector const m = (DoubleVector)((Bits)x - ((exponent - 1023) << 52));
  DoubleVector const round = broadcast(6755399441055744.0);  // 1.5 * 2^52, to convert the exponent
  DoubleVector const e = (DoubleVector)((Bits)round + exponent - 1023) - round;
  DoubleVector const f = m - 1.0, s = f / (f + 2.0), z = s * s;
  DoubleVector p = broadcast(1.0 / 21);
  for (int i = 19; i >= 3; i -= 2) p = fused(p, z, broadcast(1.0 / i));
  DoubleVector const correction = s * (f - 2.0 * z * p);
  return fused(e, broadcast(6.93147180369123816490e-01),
               f - fused(e, broadcast(-1.90821492927058770002e-10), correction));
}

}  // namespace
}  // namespace tvem
