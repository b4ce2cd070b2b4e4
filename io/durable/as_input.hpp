#pragma once

#include "framework/core/error.hpp"

namespace tvem {

/// What `read` returns; a file that is damaged, or of another kind, is wrong input.
template <class Read>
auto as_input(Read const& read) {
  try {
    return read();
  } catch (ConfigurationError const&) {
    throw;
  } catch (Error const& error) {
    throw ConfigurationError(error.what());
  }
}

}  // namespace tvem
