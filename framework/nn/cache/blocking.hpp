#pragma once

#include <cstddef>

#include "framework/core/processor/caches.hpp"

namespace tvem {

/// How the work of the model is cut so that it stays in the caches. No bit depends on it.
struct Blocking {
  /// Rows that go through a layer together (TaskGroup): what the layer makes of them stays in the
  /// second-level cache.
  std::size_t group_rows;
  /// Bytes of a panel of B that a product goes through at a time: they stay in the first-level
  /// cache, beside the rows of A.
  std::size_t panel_bytes;
};

/// The bounds of panel_bytes.
inline constexpr std::size_t least_panel_bytes = 8 * 1024, most_panel_bytes = 32 * 1024;

Blocking blocking_for(Caches const& caches);

/// The one in use: for the caches of this processor.
Blocking const& blocking();
/// Chooses it from now on, for tests and benchmarks. Not thread-safe.
void use_blocking(Blocking const& blocking);

}  // namespace tvem
