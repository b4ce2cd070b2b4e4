#pragma once

#include "framework/comm/communicator.hpp"

namespace tvem {

/// All ranks that the test program runs on.
Communicator const& test_world();

}  // namespace tvem
