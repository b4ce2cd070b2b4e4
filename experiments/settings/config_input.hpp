#pragma once

#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/core/settings.hpp"

namespace tvem {

/// Collective. The text of a configuration file, which rank 0 reads; empty for an empty path.
/// Throws ConfigurationError on all ranks when it cannot be read.
std::string read_config_text(Communicator const& comm, std::string const& path);

/// Problems that only the modules behind the keys can see: of the prior, and of the estimators.
std::vector<std::string> module_problems(Settings const& settings);

}  // namespace tvem
