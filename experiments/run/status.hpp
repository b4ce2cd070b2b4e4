#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "framework/core/enum_names.hpp"
#include "framework/train/settings.hpp"
#include "io/fs.hpp"

namespace tvem {

/// The state of a run in its files. running: a live process has claimed it; failed: its last start
/// ended with a message.
enum class RunState { finished, running, unfinished, failed, missing };
template <>
inline constexpr auto enum_names<RunState> =
    std::array<std::string_view, 5>{"finished", "running", "unfinished", "failed", "missing"};

struct RunStatus {
  RunState state = RunState::missing;
  std::int64_t steps_done = 0, steps_total = 0;
  double training_seconds = 0;   // until the last checkpoint,
  std::int64_t steps_timed = 0;  // which was after so many steps
  std::int64_t evaluations_done = 0, evaluations_total = 1;
  std::string message;  // of a failure, or of files that cannot be read

  /// Of the training, at its mean speed until now; NaN when its speed is not known.
  double seconds_left() const;
};

/// The status of a run in its folder. settings: of the run that is asked for; without them its
/// files decide.
RunStatus status_of_run(fs::path const& folder, std::optional<Settings> const& settings);

/// The same, but a finished run with a damaged last checkpoint is unfinished. Reads the checkpoint,
/// which takes time. Sweeps do not need it: their results stand without the checkpoint.
RunStatus status_with_model(fs::path const& folder, std::optional<Settings> const& settings);

/// Looks whether another process does an unfinished run, or whether the run has failed.
void look_for_others(fs::path const& folder, RunStatus& status);

}  // namespace tvem
