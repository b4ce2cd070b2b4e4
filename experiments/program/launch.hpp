#pragma once

#include "framework/comm/communicator.hpp"

namespace tvem {

/// Whether the environment shows that this process is the first one of its launcher, or the only
/// one. For use without MPI.
bool is_first_process();

/// Throws ConfigurationError when several processes each believe to be the only one: they would do
/// the same work and write the same files.
void check_launch(Communicator const& comm);

}  // namespace tvem
