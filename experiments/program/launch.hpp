#pragma once

#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"

namespace tvem {

/// Whether this process is the only one, or the first one that a launcher has started, as its
/// environment says; to be asked where there is no MPI.
bool is_first_process();

/// Several processes that each take themselves for the only one would do the same work, and write
/// the same files: ConfigurationError.
void check_launch(Communicator const& comm);

}  // namespace tvem
