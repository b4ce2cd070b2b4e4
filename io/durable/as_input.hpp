#pragma once

#include <string>

#include "framework/core/error.hpp"

namespace tvem {

/// What `read` returns; a file that is damaged, or of another kind, is wrong input. preface: comes
/// before the message of such a problem.
template <class Read>
auto as_input(Read const& read, std::string const& preface = "") {
  try {
    return read();
  } catch (ConfigurationError const&) {
    throw;
  } catch (Error const& error) {
    throw ConfigurationError(preface + error.what());
  }
}

}  // namespace tvem
