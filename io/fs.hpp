#pragma once

#include <filesystem>
#include <string>

#include <fmt/format.h>

namespace tvem {

namespace fs = std::filesystem;

}  // namespace tvem

/// Paths in messages, as they are.
template <>
struct fmt::formatter<std::filesystem::path> : fmt::formatter<std::string> {
  template <class Context>
  auto format(std::filesystem::path const& path, Context& context) const {
    return fmt::formatter<std::string>::format(path.string(), context);
  }
};
