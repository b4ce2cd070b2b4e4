#include "framework/core/processor/caches.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

constexpr std::size_t kilobyte = 1024;

/// What the kernel says of a cache of the first processor, or 0. It is asked where the C library
/// does not know, as on ARM.
std::size_t size_in_sys(int level) {
  for (int i = 0; i < 8; ++i) {
    std::string const folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", i);
    int found = 0;
    std::string type, size;
    std::ifstream(folder + "level") >> found;
    std::ifstream(folder + "type") >> type;
    std::ifstream(folder + "size") >> size;
    std::size_t kilobytes = 0;
    if (found == level && type != "Instruction" && size.ends_with('K') &&
        read_number(std::string_view(size).substr(0, size.size() - 1), kilobytes))
      return kilobytes * kilobyte;
  }
  return 0;
}

std::size_t size_or(std::size_t fallback, int name, int level) {
  long const size = sysconf(name);
  if (size > 0) return static_cast<std::size_t>(size);
  std::size_t const in_sys = size_in_sys(level);
  return in_sys > 0 ? in_sys : fallback;
}

}  // namespace

Caches caches_of_processor() {
  if (char const* const text = std::getenv("TVEM_CACHES"); text != nullptr && *text != '\0')
    return caches_from(text);
  Caches caches;
  caches.first_level = size_or(caches.first_level, _SC_LEVEL1_DCACHE_SIZE, 1);
  caches.second_level = size_or(caches.second_level, _SC_LEVEL2_CACHE_SIZE, 2);
  return caches;
}

Caches caches_from(std::string_view text) {
  constexpr std::size_t most = 1024 * 1024;
  auto const is_size = [](std::size_t kilobytes) { return kilobytes > 0 && kilobytes <= most; };
  auto const parts = split(text, ',');
  std::size_t first = 0, second = 0;
  if (parts.size() != 2 || !read_number(parts[0], first) || !read_number(parts[1], second) ||
      !is_size(first) || !is_size(second))
    throw ConfigurationError(
        fmt::format("TVEM_CACHES is \"{}\"; it takes the kilobytes of the first and the second "
                    "level of cache, as in 48,2048; unset it to ask the system",
                    text));
  return {first * kilobyte, second * kilobyte};
}

}  // namespace tvem
