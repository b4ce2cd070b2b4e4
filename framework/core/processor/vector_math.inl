#pragma once

// Functions of vectors by formula: sums, products and bits alone, so that they are the same with
// every instruction set.

#include "framework/core/processor/simd.inl"

namespace tvem {
namespace {

/// 1 / x for normal x, relative error below 1.2e-7. The exponent's sign is turned by a subtraction
/// of bits, which is right to 1/8 of x; two steps of third order follow.
inline FloatVector reciprocal(FloatVector x) {
  FloatVector y = (FloatVector)(0x7ef311c7u - (BitsVector)x);
  for (int step = 0; step < 2; ++step) {
    FloatVector const error = fused(-x, y, broadcast(1.0f));
    y = fused(y, fused(error, error, error), y);
  }
  return y;
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
