#pragma once

#include <array>
#include <string>

#include <unistd.h>

namespace tvem {

/// The name of the machine that this process is on.
inline std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

}  // namespace tvem
