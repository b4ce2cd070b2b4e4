#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tvem {

/// SHA-256 (FIPS 180-4): identities of trainings and digests of files, which anyone can check with
/// the command `sha256sum`.
class Sha256 {
 public:
  void update(std::span<std::byte const> data);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
  /// 64 hexadecimal digits. Ends the computation: no update after it.
  std::string hex_digest();

 private:
  void compress(std::byte const* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> buffer_{};
  std::uint64_t n_bytes_ = 0;
};

}  // namespace tvem
