#pragma once

#include <string>

#include "framework/comm/communicator.hpp"

namespace tvem {

/// Writes to standard output at once. Never throws: work goes on when nobody can read of it.
void print(std::string const& text);

/// Collective. The same, on rank 0 alone.
void say(Communicator const& comm, std::string const& text);

/// Why something could not be written to standard output; empty when all was, or when its reader
/// has closed it (as `| head` does), which is its right.
std::string output_problem();

}  // namespace tvem
