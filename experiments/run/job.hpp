#pragma once

#include <functional>
#include <string>

#include "framework/comm/communicator.hpp"
#include "framework/train/settings.hpp"
#include "io/durable/durable.hpp"
#include "io/fs.hpp"

namespace tvem {

/// Whether a run shows its progress and its table on the terminal.
enum class Voice { aloud, silent };

/// What a run is wanted for: its results alone, or also its model, of which the checkpoints may be
/// gone or damaged.
enum class Need { results, model };

/// How the outside goes along with a long piece of work; each may be none.
struct WorkHooks {
  std::function<void()> on_alive;              // called on rank 0 after every step or task
  std::function<void(std::int64_t)> on_steps;  // called there with the training steps done
  std::function<bool()> wants_stop;            // asked on every rank; one that wants is enough
  MayReplace may_replace;                      // asked on rank 0 before a file takes its place
};

/// Collective. Trains and evaluates these settings in their folder, or goes on from what is there.
/// Returns whether there was anything left to do. Throws on all ranks alike: ConfigurationError for
/// a folder of another training or for a finished one without a checkpoint where one is needed,
/// TrainingDiverged, StoppedOnRequest; any other exception may be of one rank alone. A training
/// that diverged leaves the state from which it comes again in the folder `diverged`.
bool run_job(Settings const& settings, fs::path const& folder, Communicator const& comm,
             std::string const& command_line, Voice voice, WorkHooks const& hooks = {},
             Need need = Need::results);

}  // namespace tvem
