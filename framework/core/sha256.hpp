#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tvem {

/// SHA-256 (FIPS 180-4), by OpenSSL: identities of trainings and digests of files, which anyone can
/// check with the command `sha256sum`.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256 const&) = delete;
  Sha256& operator=(Sha256 const&) = delete;

  void update(std::span<std::byte const> data);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
  /// 64 hexadecimal digits. Ends the computation: no update after it.
  std::string hex_digest();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace tvem
