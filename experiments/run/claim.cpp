#include "experiments/run/claim.hpp"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/core/host.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

constexpr auto renewal = std::chrono::seconds(10);
constexpr double lifetime_s = 300;
constexpr double lifetime_of_empty_s = 30;  // of a process that ended while it made the file

std::string environment(char const* name) {
  char const* const value = std::getenv(name);
  return value && *value ? value : "-";
}

/// Where the numbers of processes are the same: one start of one machine, and one container on it;
/// - where the system does not say.
std::string this_machine() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code error;
  std::string const container = fs::read_symlink("/proc/self/ns/pid", error).string();
  return boot.empty() || container.empty() ? "-" : boot + ":" + container;
}

/// What the system says of a process, by fields as of `man proc_pid_stat`, from the third on; empty
/// when it says nothing.
std::vector<std::string> state_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  std::size_t const end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos || line.size() < end_of_name + 2) return {};
  return split(std::string_view(line).substr(end_of_name + 2), ' ');
}

/// When the process began, in the machine's ticks; numbers of processes come again, with another
/// time.
std::string start_of(pid_t process) {
  constexpr std::size_t place = 22 - 3;
  auto const state = state_of(process);
  return state.size() > place ? state[place] : "-";
}

/// Whether there is no such process on this machine any more, or only its entry in the table of
/// processes, which in a container may stay for ever.
bool is_gone(pid_t process, std::string const& start) {
  if (kill(process, 0) != 0 && errno == ESRCH) return true;
  auto const state = state_of(process);
  if (!state.empty() && (state[0] == "Z" || state[0] == "X")) return true;
  std::string const present = start_of(process);
  return start != "-" && present != "-" && start != present;
}

/// Whose a claim is, as its file says, a word and its value a line; - for what there is not.
struct Signature {
  std::string host, process, job, restarts, machine, start;
  friend bool operator==(Signature const&, Signature const&) = default;
};

/// Where a claim was made. A copy of it, with its folder, is at another place in another file.
struct Place {
  std::string inode, path;
};

Place place_of(fs::path const& file) {
  struct stat info {};
  bool const is_there = stat(file.c_str(), &info) == 0;
  return {is_there ? std::to_string(info.st_ino) : "-", fs::weakly_canonical(file).string()};
}

std::string text_of(Signature const& signature) {
  return "host " + signature.host + "\nprocess " + signature.process + "\njob " + signature.job +
         "\nrestarts " + signature.restarts + "\nmachine " + signature.machine + "\nstart " +
         signature.start + "\n";
}

/// The first line of a claim, of one length, so that it can be written again in its place.
std::string steps_line(std::int64_t steps) {
  std::string const number = std::to_string(steps);
  return "steps " + std::string(20 - number.size(), ' ') + number + "\n";
}

/// Of this process; the same for its life, whatever becomes of the machine's name.
Signature const& own_signature() {
  static Signature const own{.host = host_name(),
                             .process = std::to_string(getpid()),
                             .job = environment("SLURM_JOB_ID"),
                             .restarts = environment("SLURM_RESTART_COUNT"),
                             .machine = this_machine(),
                             .start = start_of(getpid())};
  return own;
}

/// A word, or what a line has behind it; - where there is none.
class ClaimText {
 public:
  explicit ClaimText(fs::path const& file) {
    std::ifstream in(file);
    for (std::string name, value; in >> name && std::getline(in >> std::ws, value);)
      values_[name] = value;
  }
  std::string value(std::string const& name) const {
    auto const found = values_.find(name);
    return found == values_.end() ? "-" : found->second;
  }

 private:
  std::map<std::string, std::string> values_;
};

Signature signature_of(fs::path const& file) {
  ClaimText const text(file);
  return {.host = text.value("host"),
          .process = text.value("process"),
          .job = text.value("job"),
          .restarts = text.value("restarts"),
          .machine = text.value("machine"),
          .start = text.value("start")};
}

/// Whether the file came here with a copy of its folder. One of both alone may differ: a file
/// system may be mounted elsewhere, or number its files anew.
bool is_copy(fs::path const& file) {
  ClaimText const text(file);
  Place const made{text.value("inode"), text.value("path")}, found = place_of(file);
  return made.inode != "-" && made.inode != found.inode && made.path != found.path;
}

/// How often a job had been requeued; Slurm does not say so in the first round.
int round_of(Signature const& signature) {
  int round = 0;
  read_number(signature.restarts, round);
  return round;
}

/// Whether the file, if it is there, is a claim, or one that was about to be written.
bool is_claim(fs::path const& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return true;
  int const first = std::ifstream(file).get();
  bool const is_empty =
      first == std::char_traits<char>::eof() || first == 0;  // 0: after a power cut
  return fs::is_regular_file(file, error) && (is_empty || signature_of(file).host != "-");
}

/// Whether its process has ended, or its job is ours in an earlier round; false where that cannot
/// be seen.
bool is_gone_as_seen_from_here(Signature const& theirs) {
  Signature const& own = own_signature();
  bool const is_of_our_job = own.job != "-" && theirs.job == own.job;
  if (is_of_our_job && round_of(theirs) < round_of(own)) return true;
  pid_t process = 0;
  bool const is_here = own.machine != "-" && theirs.machine == own.machine;
  return is_here && read_number(theirs.process, process) && is_gone(process, theirs.start);
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

/// A name beside the file that no other process has.
fs::path beside(fs::path const& file) {
  return file.string() + "." + host_name() + "-" + std::to_string(getpid());
}

/// The present time by the clock that the file's own time is of: that of the file system, which may
/// be another machine's.
std::time_t now_of_file_system(fs::path const& file) {
  fs::path const probe = beside(file);
  int const descriptor = open(probe.c_str(), O_CREAT | O_WRONLY, 0644);
  if (descriptor < 0) return std::time(nullptr);
  struct stat info {};
  bool const is_known = futimens(descriptor, nullptr) == 0 && fstat(descriptor, &info) == 0;
  close(descriptor);
  unlink(probe.c_str());
  return is_known ? info.st_mtime : std::time(nullptr);
}

/// Whether the file is there and its owner alive. identity: of the file that was looked at.
bool is_alive(fs::path const& file, Identity& identity) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return false;
  identity = identity_of(info);
  Signature const theirs = signature_of(file);
  if (is_gone_as_seen_from_here(theirs) || is_copy(file)) return false;
  double const silent_s = std::difftime(now_of_file_system(file), info.st_mtime);
  return silent_s < (theirs.host == "-" ? lifetime_of_empty_s : lifetime_s);
}

bool is_of_full_disk(int error) { return error == ENOSPC || error == EDQUOT || error == EIO; }

/// Creates the file with our signature; false when it is there.
bool create(fs::path const& file) {
  int const descriptor = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0644);
  if (descriptor < 0 && errno == EEXIST) return false;
  if (descriptor < 0) {
    std::string const message = file.string() + " could not be made: " + std::strerror(errno);
    if (is_of_full_disk(errno)) throw Error(message);
    throw ConfigurationError(message + "; see whether the folder can be written to");
  }
  Place const place = place_of(file);
  std::string const text = steps_line(0) + text_of(own_signature()) + "inode " + place.inode +
                           "\npath " + place.path + "\n";
  bool const is_written =
      write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  bool const is_full = fsync(descriptor) != 0 && is_of_full_disk(errno);
  close(descriptor);
  if (is_written && !is_full) return true;
  unlink(file.c_str());
  throw Error(file.string() + " could not be written; see whether the disk is full");
}

/// Takes a left-over claim; false when somebody else has been faster. Only who has made the file
/// beside it may do so, so that nobody takes a claim away that is newer than the one that he found.
bool take_over(fs::path const& file, Identity const& identity) {
  fs::path const guard = file.string() + ".takeover";
  struct stat info {};
  bool is_alone = create(guard);
  if (!is_alone && stat(guard.c_str(), &info) == 0 &&
      std::difftime(now_of_file_system(file), info.st_mtime) >= lifetime_of_empty_s) {
    // Of a process that ended here. Only one can rename it.
    fs::path const old = beside(guard);
    is_alone = rename(guard.c_str(), old.c_str()) == 0 && create(guard);
    unlink(old.c_str());
  }
  if (!is_alone) return false;
  bool const is_same = stat(file.c_str(), &info) == 0 && identity_of(info) == identity;
  if (is_same) unlink(file.c_str());
  bool const is_ours = create(file);
  unlink(guard.c_str());
  return is_ours;
}

}  // namespace

std::string claimed_text(std::string const& subject, fs::path const& file) {
  return fmt::format(
      "{}: {} is at work there; wait for it, end it, or choose another place (a claim lapses after "
      "five minutes without a sign of life)",
      subject, RunClaim::owner(file));
}

std::unique_ptr<RunClaim> RunClaim::take(fs::path const& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::string const problem =
      file.parent_path().string() + ": the folder cannot be made: " + error.message();
  if (is_of_full_disk(error.value())) throw Error(problem);
  if (error) throw ConfigurationError(problem);
  bool is_ours = create(file);
  Identity identity;
  if (!is_ours && !is_claim(file))
    throw ConfigurationError(file.string() +
                             ", where a run says who is at work on it, is not of tvem; choose "
                             "another folder, or move it away");
  if (!is_ours && !is_alive(file, identity)) is_ours = take_over(file, identity);
  return std::unique_ptr<RunClaim>(is_ours ? new RunClaim(file) : nullptr);
}

std::string RunClaim::owner(fs::path const& file) {
  Signature const signature = signature_of(file);
  if (signature.host == "-") return "a process that has not yet said who it is";
  bool const has_job = signature.job != "-";
  return "process " + signature.process + " on " + signature.host +
         (has_job ? ", Slurm job " + signature.job + "," : "");
}

std::int64_t RunClaim::steps(fs::path const& file) {
  std::int64_t steps = 0;
  read_number(ClaimText(file).value("steps"), steps);
  return steps;
}

bool RunClaim::is_held(fs::path const& file) {
  Identity identity;
  return is_alive(file, identity);
}

RunClaim::RunClaim(fs::path file) : file_(std::move(file)) {
  heartbeat_ = std::jthread([this](std::stop_token const& stop) {
    std::mutex mutex;
    std::condition_variable_any end;
    std::unique_lock lock(mutex);
    while (!end.wait_for(lock, stop, renewal, [&] { return stop.stop_requested(); })) renew();
  });
}

RunClaim::~RunClaim() {
  heartbeat_.request_stop();
  heartbeat_.join();
  if (is_ours()) unlink(file_.c_str());
}

bool RunClaim::is_ours() const { return signature_of(file_) == own_signature(); }

/// Opened before the look at whose it is: who takes it over makes another file.
void RunClaim::renew() {
  int const descriptor = open(file_.c_str(), O_WRONLY);
  is_lost_ = !is_ours();
  if (descriptor >= 0 && !is_lost_) {
    std::string const line = steps_line(steps_);
    bool const is_told = pwrite(descriptor, line.data(), line.size(), 0) > 0;
    futimens(descriptor, nullptr);
    static_cast<void>(is_told);
  }
  if (descriptor >= 0) close(descriptor);
}

void RunClaim::check() const {
  if (is_ours()) return;
  if (!fs::exists(file_))
    throw ClaimLost(file_.string() +
                    " is gone, with the folder or without: nothing more is written there; start "
                    "again to go on from what is left");
  throw ClaimLost("the claim " + file_.string() + " was taken by " + owner(file_) +
                  " while this process was suspended; it leaves the run to it");
}

void RunClaim::check_now_and_then() const {
  if (is_lost_) check();
}

}  // namespace tvem
