#pragma once

// Vectors of the size that this file is compiled for (TVEM_VECTOR_BYTES), as GCC and Clang extend
// the language: arithmetic, comparison and selection work lane by lane on every processor. The
// language has no words for broadcasts, partial loads, fused multiply-adds and sums of lanes: these
// are written for each instruction set.
//
// One arithmetic. Every function gives the same bits with every instruction set. What crosses lanes
// is defined over a logical vector of 64 bytes, which is one, two or four vectors (LaneSum). A
// multiply-add is rounded once everywhere, by the C library where the processor has none. There is
// no instruction whose result is an approximation.

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
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

/// Vectors of a logical vector. Element j of an array is in its lane j modulo 64 / sizeof(T).
constexpr int n_parts = 64 / TVEM_VECTOR_BYTES;
template <class T>
constexpr int logical_lanes = n_parts* lanes<T>;

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
//   fused(a, b, c)          a b + c, rounded once
//   lane_sum                over the lanes, by halves: the upper half to the lower, then again
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
inline float lane_sum(__m128 v) {
  v = _mm_add_ps(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)));
}
inline float lane_sum(__m256 v) {
  return lane_sum(_mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1)));
}
inline float lane_sum(FloatVector v) {
  __m512 const x = (__m512)v;
  return lane_sum(_mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1)));
}
inline double lane_sum(__m256d v) {
  __m128d const a = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}
inline double lane_sum(DoubleVector v) {
  __m512d const x = (__m512d)v;
  return lane_sum(_mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd(x, 1)));
}

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
#ifdef __aarch64__
inline FloatVector fused(FloatVector a, FloatVector b, FloatVector c) {
  return (FloatVector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
inline DoubleVector fused(DoubleVector a, DoubleVector b, DoubleVector c) {
  return (DoubleVector)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#else
inline FloatVector fused(FloatVector a, FloatVector b, FloatVector c) {
  for (int i = 0; i < lanes<float>; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}
inline DoubleVector fused(DoubleVector a, DoubleVector b, DoubleVector c) {
  for (int i = 0; i < lanes<double>; ++i) c[i] = __builtin_fma(a[i], b[i], c[i]);
  return c;
}
#endif
inline float lane_sum(FloatVector v) { return (v[0] + v[2]) + (v[1] + v[3]); }
inline double lane_sum(DoubleVector v) { return v[0] + v[1]; }

#endif

inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }

/// The lanes of a logical vector folded by halves.
template <class T>
inline T folded(Vector<T> const (&part)[n_parts]) {
  if constexpr (n_parts == 4)
    return lane_sum((part[0] + part[2]) + (part[1] + part[3]));
  else if constexpr (n_parts == 2)
    return lane_sum(part[0] + part[1]);
  else
    return lane_sum(part[0]);
}

/// A sum by logical lanes: `part` is indexed as in for_each_vector.
template <class T>
struct LaneSum {
  Vector<T> part[n_parts] = {};
  T total() const { return folded<T>(part); }
};

/// Calls f(j, part) for the vectors of n elements: j is the first element of a vector, which is
/// this part of a logical vector.
template <class T, class F>
[[gnu::always_inline]] inline void for_each_vector(int n, F const& f) {
  for (int j = 0; j < n; j += logical_lanes<T>)
#pragma GCC unroll 4
    for (int part = 0; part < n_parts; ++part)
      if (part == 0 || j + part * lanes<T> < n) f(j + part * lanes<T>, part);
}

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

}  // namespace
}  // namespace tvem
