#pragma once

#include <cstddef>
#include <string_view>

namespace tvem {

/// Sizes of the caches of one core, in bytes.
struct Caches {
  std::size_t first_level = 32 * 1024;  // for data
  std::size_t second_level = 512 * 1024;
};

/// Those of this processor, as the system tells them, or the defaults above where it tells nothing.
/// The environment's TVEM_CACHES says otherwise (caches_from). What is cut by them is as fast as
/// they are right; no bit depends on them.
Caches caches_of_processor();

/// "48,2048": kilobytes of the first and the second level. Throws ConfigurationError for anything
/// else, and for a size of 0 or above 1 GB.
Caches caches_from(std::string_view text);

}  // namespace tvem
