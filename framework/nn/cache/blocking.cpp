#include "framework/nn/cache/blocking.hpp"

#include <algorithm>

#include "framework/core/error.hpp"

namespace tvem {
namespace {

Blocking& in_use() {
  static Blocking blocking = blocking_for(caches_of_processor());
  return blocking;
}

}  // namespace

Blocking blocking_for(Caches const& caches) {
  // A row of a perceptron of width 512, its slope and its gradient take 6 KB.
  constexpr std::size_t bytes_per_row = 8 * 1024;
  return {
      .group_rows = std::clamp<std::size_t>(caches.second_level / bytes_per_row, 64, 256),
      .panel_bytes = std::clamp(caches.first_level / 3 * 2, least_panel_bytes, most_panel_bytes),
  };
}

Blocking const& blocking() { return in_use(); }

void use_blocking(Blocking const& blocking) {
  TVEM_CHECK(blocking.group_rows > 0, "a group without rows");
  TVEM_CHECK(blocking.panel_bytes >= least_panel_bytes && blocking.panel_bytes <= most_panel_bytes,
             "a panel of another size than products have room for");
  in_use() = blocking;
}

}  // namespace tvem
