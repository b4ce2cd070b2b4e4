#include "tvem/core/sha256.hpp"

#include <algorithm>
#include <bit>
#include <vector>

namespace tvem {
namespace {

constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

}  // namespace

void Sha256::compress(std::byte const* block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t t = 0; t < 16; ++t)
    for (std::size_t byte = 0; byte < 4; ++byte)
      w[t] = (w[t] << 8) | static_cast<std::uint32_t>(block[4 * t + byte]);
  for (std::size_t t = 16; t < 64; ++t) {
    std::uint32_t const s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
    std::uint32_t const s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t t = 0; t < 64; ++t) {
    std::uint32_t const s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    std::uint32_t const choice = (e & f) ^ (~e & g);
    std::uint32_t const t1 = h + s1 + choice + round_constants[t] + w[t];
    std::uint32_t const s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    std::uint32_t const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + s0 + majority;
  }
  std::array<std::uint32_t, 8> const change{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state_[i] += change[i];
}

void Sha256::update(std::span<std::byte const> data) {
  std::size_t filled = n_bytes_ % 64;
  n_bytes_ += data.size();
  while (!data.empty()) {
    std::size_t const n = std::min(data.size(), 64 - filled);
    std::copy_n(data.begin(), n, buffer_.begin() + static_cast<std::ptrdiff_t>(filled));
    data = data.subspan(n);
    filled += n;
    if (filled == 64) {
      compress(buffer_.data());
      filled = 0;
    }
  }
}

std::string Sha256::hex_digest() {
  std::uint64_t const n_bits = n_bytes_ * 8;
  std::size_t const filled = n_bytes_ % 64;
  std::vector<std::byte> padding((filled < 56 ? 56 : 120) - filled);
  padding[0] = std::byte{0x80};
  for (int shift = 56; shift >= 0; shift -= 8)
    padding.push_back(static_cast<std::byte>((n_bits >> shift) & 0xff));
  update(padding);
  std::string text;
  for (std::uint32_t const word : state_)
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[(word >> shift) & 0xf];
  return text;
}

}  // namespace tvem
