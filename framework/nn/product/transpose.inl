#pragma once

#include "framework/core/processor/simd.inl"

namespace tvem {
namespace {

// transpose: a square of lanes<T> rows and columns. Row r stands at source + r * source_stride, row
// c of the result goes to target + c * target_stride.
#if TVEM_VECTOR_BYTES == 64

inline void transpose(float const* source, std::ptrdiff_t source_stride, float* target,
                      std::ptrdiff_t target_stride) {
  __m512 a[16], b[16];
  for (int r = 0; r < 16; ++r) a[r] = _mm512_loadu_ps(source + r * source_stride);
  for (int r = 0; r < 16; r += 2) {  // pairs of rows
    b[r] = _mm512_unpacklo_ps(a[r], a[r + 1]);
    b[r + 1] = _mm512_unpackhi_ps(a[r], a[r + 1]);
  }
  for (int r = 0; r < 16; r += 4)  // fours: a[r + c] has columns c, c + 4, c + 8, c + 12 of them
    for (int c = 0; c < 2; ++c) {
      __m512d const low = _mm512_castps_pd(b[r + c]), high = _mm512_castps_pd(b[r + c + 2]);
      a[r + 2 * c] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
      a[r + 2 * c + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
  for (int c = 0; c < 4; ++c) {  // quarters of the register: 0 and 2, 1 and 3
    __m512 const even_low = _mm512_shuffle_f32x4(a[c], a[c + 4], 0x88);
    __m512 const odd_low = _mm512_shuffle_f32x4(a[c], a[c + 4], 0xdd);
    __m512 const even_high = _mm512_shuffle_f32x4(a[c + 8], a[c + 12], 0x88);
    __m512 const odd_high = _mm512_shuffle_f32x4(a[c + 8], a[c + 12], 0xdd);
    float* const row = target + c * target_stride;
    _mm512_storeu_ps(row, _mm512_shuffle_f32x4(even_low, even_high, 0x88));
    _mm512_storeu_ps(row + 4 * target_stride, _mm512_shuffle_f32x4(odd_low, odd_high, 0x88));
    _mm512_storeu_ps(row + 8 * target_stride, _mm512_shuffle_f32x4(even_low, even_high, 0xdd));
    _mm512_storeu_ps(row + 12 * target_stride, _mm512_shuffle_f32x4(odd_low, odd_high, 0xdd));
  }
}

#elif TVEM_VECTOR_BYTES == 32

inline void transpose(float const* source, std::ptrdiff_t source_stride, float* target,
                      std::ptrdiff_t target_stride) {
  __m256 a[8], b[8];
  for (int r = 0; r < 8; ++r) a[r] = _mm256_loadu_ps(source + r * source_stride);
  for (int r = 0; r < 8; r += 2) {
    b[r] = _mm256_unpacklo_ps(a[r], a[r + 1]);
    b[r + 1] = _mm256_unpackhi_ps(a[r], a[r + 1]);
  }
  for (int r = 0; r < 8; r += 4)
    for (int c = 0; c < 2; ++c) {
      __m256d const low = _mm256_castps_pd(b[r + c]), high = _mm256_castps_pd(b[r + c + 2]);
      a[r + 2 * c] = _mm256_castpd_ps(_mm256_unpacklo_pd(low, high));
      a[r + 2 * c + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low, high));
    }
  for (int c = 0; c < 4; ++c) {
    float* const row = target + c * target_stride;
    _mm256_storeu_ps(row, _mm256_permute2f128_ps(a[c], a[c + 4], 0x20));
    _mm256_storeu_ps(row + 4 * target_stride, _mm256_permute2f128_ps(a[c], a[c + 4], 0x31));
  }
}

#else

inline void transpose(float const* source, std::ptrdiff_t source_stride, float* target,
                      std::ptrdiff_t target_stride) {
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 4; ++c) target[c * target_stride + r] = source[r * source_stride + c];
}

#endif

/// Double precision is for gradient checks: clarity matters there, speed does not.
inline void transpose(double const* source, std::ptrdiff_t source_stride, double* target,
                      std::ptrdiff_t target_stride) {
  for (int r = 0; r < lanes<double>; ++r)
    for (int c = 0; c < lanes<double>; ++c)
      target[c * target_stride + r] = source[r * source_stride + c];
}

}  // namespace
}  // namespace tvem
