#pragma once

#include <algorithm>
#include <string>

#include "framework/core/random.hpp"

namespace tvem::test {

inline std::size_t below(RandomStream& random, std::size_t n) {
  return std::min(n - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(n)));
}

/// The content with bits flipped, bytes overwritten, the end cut off, a part twice or gone.
inline std::string damaged(std::string content, RandomStream& random) {
  std::size_t const at = below(random, content.size());
  std::size_t const length = 1 + below(random, 16);
  switch (below(random, 6)) {
    case 0:
      content[at] = static_cast<char>(content[at] ^ (1 << below(random, 8)));
      break;
    case 1:
      for (std::size_t i = at; i < std::min(content.size(), at + length); ++i)
        content[i] = static_cast<char>(below(random, 256));
      break;
    case 2:
      content.resize(at);
      break;
    case 3:
      content.insert(at, content.substr(below(random, content.size()), length));
      break;
    case 4:
      content.erase(at, length);
      break;
    default:
      for (int i = 0; i < 3; ++i)
        content[below(random, content.size())] = "\0\xff\n,=[]\"&.#-e"[below(random, 12)];
  }
  return content;
}

}  // namespace tvem::test
