#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "tvem/core/error.hpp"

namespace tvem {

/// The file in a run's folder by which a process says that the run is its own.
inline std::filesystem::path claim_file(std::filesystem::path const& folder) {
  return folder / "claim.txt";
}

/// Another process has taken the run.
class ClaimLost : public Error {
 public:
  using Error::Error;
};

/// A run that is ours until this is gone: a file that only one process can create, with its host,
/// process, Slurm job, and how often that has been requeued. Its time is renewed while we are
/// alive. It is left over, and may be taken, when its process on this host is gone; when its
/// process is on another host and its time older than five minutes; or when it is of an earlier
/// round of our own requeued job. No flock: network file systems do not keep it.
class RunClaim {
 public:
  /// The claim, or none when somebody else holds it. Makes the folder. Throws Error when the file
  /// cannot be made for another reason.
  static std::unique_ptr<RunClaim> take(std::filesystem::path const& file);
  /// "process 4711 on node7, Slurm job 42": who holds it, as the file says.
  static std::string owner(std::filesystem::path const& file);
  /// Whether somebody holds it.
  static bool is_held(std::filesystem::path const& file);

  RunClaim(RunClaim const&) = delete;
  RunClaim& operator=(RunClaim const&) = delete;
  ~RunClaim();

  /// To be called often: renews the time every few seconds. Throws ClaimLost when another process
  /// has taken the claim, since this one was suspended for longer than it holds: nothing more may
  /// be written then.
  void renew();

 private:
  explicit RunClaim(std::filesystem::path file) : file_(std::move(file)) {}
  bool is_ours() const;

  std::filesystem::path file_;
  std::chrono::steady_clock::time_point renewed_ = std::chrono::steady_clock::now();
};

}  // namespace tvem
