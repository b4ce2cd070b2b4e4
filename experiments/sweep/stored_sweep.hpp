#pragma once

#include <optional>

#include "experiments/sweep/grid.hpp"
#include "io/fs.hpp"

namespace tvem {

inline fs::path sweep_file(fs::path const& folder) { return folder / "sweep.ini"; }
/// The sweep that a folder holds; none when it holds no sweep. Throws ConfigurationError when its
/// file cannot be understood.
std::optional<Sweep> stored_sweep(fs::path const& folder);
void store_sweep(fs::path const& folder, Sweep const& sweep);

}  // namespace tvem
