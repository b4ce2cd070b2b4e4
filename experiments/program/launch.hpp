#pragma once

#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"

namespace tvem {

/// Whether the command is for several ranks. Commands that only read files, and texts of help,
/// start no MPI, which login nodes may refuse.
bool needs_mpi(std::vector<std::string> const& words);

/// Whether this process is the only one, or the first one that a launcher has started, as its
/// environment says; to be asked where there is no MPI.
bool is_first_process();

/// Several processes that each take themselves for the only one would do the same work, and write
/// the same files: ConfigurationError.
void check_launch(Communicator const& comm);

}  // namespace tvem
