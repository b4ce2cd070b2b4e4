#include "io/durable/test_value.hpp"

#include <cstdlib>

namespace tvem {

std::int64_t test_value([[maybe_unused]] char const* variable, std::int64_t otherwise) {
#ifdef TVEM_TEST_HOOKS
  if (char const* const text = std::getenv(variable)) return std::atoll(text);
#endif
  return otherwise;
}

}  // namespace tvem
