#pragma once

#include <cstdint>

namespace tvem {

/// In builds with tests, the value of this variable of the environment, where it is set; else the
/// other value.
std::int64_t test_value(char const* variable, std::int64_t otherwise);

}  // namespace tvem
