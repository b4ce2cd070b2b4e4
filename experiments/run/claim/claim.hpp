#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "framework/core/error.hpp"
#include "io/fs.hpp"

namespace tvem {

/// The file in a run's folder by which a process says that the run is its own.
inline fs::path claim_file(fs::path const& folder) { return folder / "claim.txt"; }

/// Says that another process holds the claim. subject: the option and its value.
std::string claimed_text(std::string const& subject, fs::path const& file);

/// Another process has taken the run, or its folder is gone.
class ClaimLost : public Error {
 public:
  using Error::Error;
};

/// A run that is ours until this is gone: a file that only one process can create, which says who
/// that is. Its time is renewed every ten seconds by a thread, whatever else the process does. It
/// is left over, and may be taken, when its process on this machine is gone, when its time is older
/// than five minutes, or when it is of an earlier round of our own requeued job. No flock: network
/// file systems do not keep it.
class RunClaim {
 public:
  /// The claim, or none when somebody else holds it. Makes the folder. Throws ConfigurationError
  /// when nothing can be written there, Error when the disk is full.
  static std::unique_ptr<RunClaim> take(fs::path const& file);
  /// "process 4711 on node7, Slurm job 42": who holds it, as the file says.
  static std::string owner(fs::path const& file);
  /// How far the holder was at its last sign of life, as it says; 0 when it does not.
  static std::int64_t steps(fs::path const& file);
  /// Whether somebody holds it.
  static bool is_held(fs::path const& file);

  RunClaim(RunClaim const&) = delete;
  RunClaim& operator=(RunClaim const&) = delete;
  ~RunClaim();

  /// The training steps done so far, for others to see with the next sign of life.
  void show_steps(std::int64_t steps) { steps_ = steps; }

  /// Throws ClaimLost when another process has taken the claim, since this one was suspended for
  /// longer than it holds. To be called right before anything is written.
  void check() const;
  /// The same as of the last renewal, without a look at the file. To be called often.
  void check_now_and_then() const;

 private:
  explicit RunClaim(fs::path file);
  bool is_ours() const;
  void renew();

  fs::path file_;
  std::atomic<bool> is_lost_ = false;
  std::atomic<std::int64_t> steps_ = 0;
  std::jthread heartbeat_;
};

}  // namespace tvem
