#include "framework/core/sha256.hpp"

#include <array>

#include <openssl/evp.h>

#include "framework/core/error.hpp"

namespace tvem {

struct Sha256::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  Context() = default;
  Context(Context const&) = delete;
  Context& operator=(Context const&) = delete;
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  TVEM_CHECK(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1, "OpenSSL has no SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<std::byte const> data) {
  TVEM_CHECK(EVP_DigestUpdate(context_->md, data.data(), data.size()) == 1, "SHA-256 failed");
}

std::string Sha256::hex_digest() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  TVEM_CHECK(EVP_DigestFinal_ex(context_->md, digest.data(), &size) == 1, "SHA-256 failed");
  std::string text;
  for (unsigned char const byte : std::span(digest).first(size))
    for (int const half : {byte >> 4, byte & 0xf}) text += "0123456789abcdef"[half];
  return text;
}

}  // namespace tvem
