#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "tvem/comm/communicator.hpp"
#include "tvem/core/settings.hpp"

namespace tvem {

/// Whether a run shows its progress and its table on the terminal.
enum class Voice { aloud, silent };

/// Collective. Trains and evaluates these settings in their folder, or goes on from what is there.
/// Returns whether there was anything left to do. Throws on all ranks: ConfigurationError for a
/// folder of another training, TrainingDiverged; any other exception may be of one rank alone.
/// on_alive: called on rank 0 after every step, and every task that it evaluates.
bool run_job(Settings const& settings, std::filesystem::path const& folder,
             Communicator const& comm, std::string const& command_line, Voice voice,
             std::function<void()> const& on_alive = {});

}  // namespace tvem
