#pragma once

#include <string>

namespace tvem {

/// Writes to standard output at once. Never throws: work goes on when nobody can read of it.
void print(std::string const& text);

/// Why something could not be written to standard output; empty when all was, or when its reader
/// has closed it (as `| head` does), which is its right.
std::string output_problem();

}  // namespace tvem
