#pragma once

#include <filesystem>
#include <optional>

#include "experiments/sweep/grid.hpp"

namespace tvem {

/// The configuration of a sweep in its folder.
inline std::filesystem::path sweep_file(std::filesystem::path const& folder) {
  return folder / "sweep.ini";
}
/// The sweep that a folder holds; none when it holds no sweep. Throws ConfigurationError when its
/// file cannot be understood.
std::optional<Sweep> stored_sweep(std::filesystem::path const& folder);
void store_sweep(std::filesystem::path const& folder, Sweep const& sweep);

}  // namespace tvem
