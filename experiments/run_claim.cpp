#include "run_claim.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

constexpr auto renewal = std::chrono::seconds(10);
constexpr double lifetime_s = 300;

std::string this_host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::string environment(char const* name) {
  char const* const value = std::getenv(name);
  return value && *value ? value : "-";
}

/// Whose a claim is; "HOST PID JOB RESTARTS" in the file, with - for what there is not.
struct Signature {
  std::string host, process, job = "-", restarts = "-";
  friend bool operator==(Signature const&, Signature const&) = default;
};

Signature own_signature() {
  return {this_host(), std::to_string(getpid()), environment("SLURM_JOB_ID"),
          environment("SLURM_RESTART_COUNT")};
}

Signature signature_of(fs::path const& file) {
  Signature signature;
  std::ifstream in(file);
  in >> signature.host >> signature.process >> signature.job >> signature.restarts;
  return signature;
}

/// Whether there is no such process on this host any more, or only its entry in the table of
/// processes, which in a container may stay for ever.
bool is_dead(pid_t process) {
  if (kill(process, 0) != 0 && errno == ESRCH) return true;
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  std::size_t const end_of_name = line.rfind(')');
  return end_of_name != std::string::npos && line.size() > end_of_name + 2 &&
         (line[end_of_name + 2] == 'Z' || line[end_of_name + 2] == 'X');
}

/// Whether its process is on this host and gone, or its job is ours, in an earlier round.
bool is_orphaned(fs::path const& file) {
  Signature const theirs = signature_of(file), own = own_signature();
  pid_t process = 0;
  bool const is_here = theirs.host == own.host && read_number(theirs.process, process);
  bool const is_gone = is_here && is_dead(process);
  bool const is_earlier_round =
      own.job != "-" && theirs.job == own.job && theirs.restarts != own.restarts;
  return is_gone || is_earlier_round;
}

/// Whether its process is on this host and alive, however long it has been silent.
bool is_process_here(fs::path const& file) {
  Signature const theirs = signature_of(file);
  pid_t process = 0;
  return theirs.host == this_host() && read_number(theirs.process, process) && !is_dead(process);
}

/// Which file it is. An inode alone may be used again.
struct Identity {
  ino_t inode = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  friend bool operator==(Identity const&, Identity const&) = default;
};

Identity identity_of(struct stat const& info) {
  return {info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

/// Whether the file is there and its owner alive. identity: of the file that was looked at.
bool is_alive(fs::path const& file, Identity& identity) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return false;
  identity = identity_of(info);
  double const age_s = std::difftime(std::time(nullptr), info.st_mtime);
  return (age_s < lifetime_s || is_process_here(file)) && !is_orphaned(file);
}

/// Creates the file with our signature; false when it is there.
bool create(fs::path const& file) {
  int const descriptor = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0644);
  if (descriptor < 0 && errno == EEXIST) return false;
  if (descriptor < 0)
    throw Error(file.string() + " could not be made: " + std::strerror(errno) +
                "; see whether the folder can be written to");
  Signature const own = own_signature();
  std::string const text = own.host + " " + own.process + " " + own.job + " " + own.restarts + "\n";
  bool const is_written =
      write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(descriptor);
  if (!is_written) unlink(file.c_str());
  if (!is_written)
    throw Error(file.string() + " could not be written; see whether the disk is full");
  return true;
}

/// Takes a left-over claim away. Two processes may find it at once: only one renames it, and one
/// that has renamed a newer claim puts it back.
void remove_left_over(fs::path const& file, Identity const& identity) {
  fs::path const aside = file.string() + "." + this_host() + "-" + std::to_string(getpid());
  if (rename(file.c_str(), aside.c_str()) != 0) return;
  struct stat info {};
  bool const is_same = stat(aside.c_str(), &info) == 0 && identity_of(info) == identity;
  if (!is_same && link(aside.c_str(), file.c_str()) != 0 && errno != EEXIST)
    throw Error(file.string() + " could not be put back: " + std::strerror(errno));
  unlink(aside.c_str());
}

}  // namespace

std::unique_ptr<RunClaim> RunClaim::take(fs::path const& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error)
    throw Error(file.parent_path().string() + ": the folder cannot be made: " + error.message());
  bool is_ours = create(file);
  Identity identity;
  if (!is_ours && !is_alive(file, identity)) {
    remove_left_over(file, identity);
    is_ours = create(file);
  }
  return std::unique_ptr<RunClaim>(is_ours ? new RunClaim(file) : nullptr);
}

std::string RunClaim::owner(fs::path const& file) {
  Signature const signature = signature_of(file);
  return signature.host.empty()
             ? "nobody"
             : "process " + signature.process + " on " + signature.host +
                   (signature.job == "-" ? "" : ", Slurm job " + signature.job + ",");
}

bool RunClaim::is_held(fs::path const& file) {
  Identity identity;
  return is_alive(file, identity);
}

bool RunClaim::is_ours() const { return signature_of(file_) == own_signature(); }

RunClaim::~RunClaim() {
  if (is_ours()) unlink(file_.c_str());
}

void RunClaim::renew() {
  auto const now = std::chrono::steady_clock::now();
  if (now - renewed_ < renewal) return;
  renewed_ = now;
  if (!fs::exists(file_))
    throw ClaimLost(file_.string() +
                    " is gone, with the folder or without: nothing more is written there; start "
                    "again to go on from what is left");
  if (!is_ours())
    throw ClaimLost("the claim " + file_.string() + " was taken by " + owner(file_) +
                    " while this process was suspended; it leaves the run to it");
  utimensat(AT_FDCWD, file_.c_str(), nullptr, 0);
}

}  // namespace tvem
