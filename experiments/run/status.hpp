#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "framework/core/enum_names.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// How far a run is, as its files say. running: somebody has claimed it and is alive; failed: its
/// last start ended with a message.
enum class RunState { finished, running, unfinished, failed, missing };
template <>
inline constexpr auto enum_names<RunState> =
    std::array<std::string_view, 5>{"finished", "running", "unfinished", "failed", "missing"};

struct RunStatus {
  RunState state = RunState::missing;
  std::int64_t steps_done = 0, steps_total = 0;
  double training_seconds = 0;   // until the last checkpoint,
  std::int64_t steps_timed = 0;  // which was after so many steps
  int evaluations_done = 0, evaluations_total = 1;
  std::string message;  // of a failure, or of files that cannot be read

  /// Of the training, at its mean speed until now; NaN when nothing is known of that.
  double seconds_left() const;
};

/// The status of a run in its folder. settings: what it should be; without them, what its files
/// say.
RunStatus status_of_run(std::filesystem::path const& folder,
                        std::optional<Settings> const& settings);

/// The same, which finds a finished run unfinished when its last checkpoint is damaged. It reads
/// the checkpoint, which takes time: for one run, not for a sweep, whose results stand without it.
RunStatus status_with_model(std::filesystem::path const& folder,
                            std::optional<Settings> const& settings);

/// What others say of a run that is not finished: that they are at it, or that it failed.
void look_for_others(std::filesystem::path const& folder, RunStatus& status);

}  // namespace tvem
