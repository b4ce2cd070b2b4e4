#pragma once

#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"

namespace tvem {

/// Writes to standard output at once. Never throws: work goes on when nobody can read about it.
void print(std::string const& text);

/// Collective. The same, on rank 0 alone.
void say(Communicator const& comm, std::string const& text);

/// Collective. A line "KIND: SENTENCE" for each, on rank 0 alone.
void say_each(Communicator const& comm, char const* kind,
              std::vector<std::string> const& sentences);

/// Says why something could not be written to standard output. Empty when all was written, or when
/// the reader has closed it, as `| head` may do.
std::string output_problem();

}  // namespace tvem
