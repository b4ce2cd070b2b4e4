#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tvem/core/settings.hpp"
#include "tvem/io/sweep.hpp"

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
  std::string message;  // of a failure, or of files that cannot be read
};

/// The status of a run in its folder. settings: what it should be; without them, what its files
/// say.
RunStatus status_of_run(std::filesystem::path const& folder,
                        std::optional<Settings> const& settings);

/// How many runs are in each state.
class StateCounts {
 public:
  void add(RunState state) { ++counts_[static_cast<std::size_t>(state)]; }
  bool are_all_finished() const { return counts_[0] == n_runs(); }
  /// "10 runs: 8 finished, 0 running, ..."
  std::string text() const;

 private:
  std::size_t n_runs() const;
  std::array<std::size_t, enum_names<RunState>.size()> counts_{};
};

/// Keeps the message of a failure beside the run's files, and takes it away.
void record_failure(std::filesystem::path const& folder, std::string const& message);
void clear_failure(std::filesystem::path const& folder);

/// The sweep that a folder holds; none when it holds no sweep. Throws ConfigurationError when its
/// file cannot be understood.
std::optional<Sweep> stored_sweep(std::filesystem::path const& folder);
void store_sweep(std::filesystem::path const& folder, Sweep const& sweep);

}  // namespace tvem
