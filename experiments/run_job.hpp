#pragma once

#include <filesystem>
#include <string>

#include "tvem/comm/communicator.hpp"
#include "tvem/core/settings.hpp"

namespace tvem {

/// Whether a run shows its progress and its table on the terminal.
enum class Voice { aloud, silent };

/// Collective. Trains and evaluates these settings in their folder, or goes on from what is there.
/// Returns whether there was anything left to do. Throws on all ranks: ConfigurationError for a
/// folder of another training, TrainingDiverged; any other exception may be of one rank alone.
bool run_job(Settings const& settings, std::filesystem::path const& folder,
             Communicator const& comm, std::string const& command_line, Voice voice);

}  // namespace tvem
