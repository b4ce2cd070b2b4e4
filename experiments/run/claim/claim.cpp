#include "experiments/run/claim/claim.hpp"

#include <algorithm>
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
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/core/host.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

constexpr auto unknown = "-";  // stands for a value
constexpr auto renewal = std::chrono::seconds(10);
constexpr double lifetime_s = 300;
constexpr double lifetime_of_empty_s = 30;  // of a process that ended while it made the file

std::string environment(char const* name) {
  char const* const value = std::getenv(name);
  return value && *value ? value : unknown;
}

/// Names the range in which process numbers are unique: one boot of a machine, and one container on
/// it.
std::string this_machine() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code error;
  std::string const container = fs::read_symlink("/proc/self/ns/pid", error).string();
  return boot.empty() || container.empty() ? unknown : boot + ":" + container;
}

/// The fields that `man proc_pid_stat` lists for a process, from the third on; empty when the
/// system says nothing.
std::vector<std::string> state_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string line;
  std::getline(file, line);
  std::size_t const end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos || line.size() < end_of_name + 2) return {};
  return split(std::string_view(line).substr(end_of_name + 2), ' ');
}

/// The start of the process in ticks of the machine. Process numbers come again, with another
/// start.
std::string start_of(pid_t process) {
  constexpr std::size_t place = 22 - 3;
  auto const state = state_of(process);
  return state.size() > place ? state[place] : unknown;
}

/// Whether the process of this machine has ended. In a container its entry in the table of
/// processes may stay for ever.
bool is_gone(pid_t process, std::string const& start) {
  if (kill(process, 0) != 0 && errno == ESRCH) return true;
  auto const state = state_of(process);
  if (!state.empty() && (state[0] == "Z" || state[0] == "X")) return true;
  std::string const present = start_of(process);
  return start != unknown && present != unknown && start != present;
}

/// The lines of a claim, each a word and its value.
class ClaimText {
 public:
  ClaimText() = default;
  explicit ClaimText(fs::path const& file) {
    std::ifstream in(file);
    for (std::string name, value; in >> name && std::getline(in >> std::ws, value);)
      values_[name] = value;
  }
  std::string operator[](std::string const& name) const {
    auto const found = values_.find(name);
    return found == values_.end() ? unknown : found->second;
  }
  void set(std::string const& name, std::string const& value) { values_[name] = value; }
  /// Whether it names its owner; it does not while it is being made.
  bool is_signed() const { return (*this)["host"] != unknown; }

 private:
  std::map<std::string, std::string> values_;
};

/// The words that identify the owner of a claim.
constexpr auto signature = {"host", "process", "job", "restarts", "machine", "start"};

bool have_same_signature(ClaimText const& a, ClaimText const& b) {
  return std::all_of(signature.begin(), signature.end(),
                     [&](auto const* name) { return a[name] == b[name]; });
}

/// The place where a claim was made. A copy of its folder has another path and other inodes.
struct Place {
  std::string inode, path;
};

Place place_of(fs::path const& file) {
  struct stat info {};
  bool const is_there = stat(file.c_str(), &info) == 0;
  return {is_there ? fmt::to_string(info.st_ino) : unknown, fs::weakly_canonical(file).string()};
}

/// The first line of a claim. Its length is fixed, so that it can be overwritten.
std::string steps_line(std::int64_t steps) { return fmt::format("steps {:>20}\n", steps); }

/// The words of this process. They stay the same when the machine gets another name.
ClaimText const& own_claim() {
  static ClaimText const own = [] {
    ClaimText text;
    text.set("host", host_name());
    text.set("process", fmt::to_string(getpid()));
    text.set("job", environment("SLURM_JOB_ID"));
    text.set("restarts", environment("SLURM_RESTART_COUNT"));
    text.set("machine", this_machine());
    text.set("start", start_of(getpid()));
    return text;
  }();
  return own;
}

/// The whole text of a claim of this process.
std::string new_claim(fs::path const& file) {
  std::string text = steps_line(0);
  for (auto const* name : signature) text += fmt::format("{} {}\n", name, own_claim()[name]);
  Place const place = place_of(file);
  return text + fmt::format("inode {}\npath {}\n", place.inode, place.path);
}

/// Whether the file came here with a copy of its folder. Path or inode alone may change: a file
/// system may be mounted elsewhere, or number its files anew.
bool is_copy(fs::path const& file, ClaimText const& text) {
  Place const found = place_of(file);
  std::string const inode = text["inode"];
  return inode != unknown && inode != found.inode && text["path"] != found.path;
}

/// How often Slurm has requeued the job; it does not say so in the first round.
int round_of(ClaimText const& claim) {
  int round = 0;
  read_number(claim["restarts"], round);
  return round;
}

/// Whether the file is missing, a claim, or a claim that is being made.
bool is_claim(fs::path const& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return true;
  int const first = std::ifstream(file).get();
  bool const is_empty =
      first == std::char_traits<char>::eof() || first == 0;  // 0: after a power cut
  return fs::is_regular_file(file, error) && (is_empty || ClaimText(file).is_signed());
}

/// Whether its process has ended, or belongs to an earlier round of our job. False where that
/// cannot be seen.
bool is_gone_as_seen_from_here(ClaimText const& theirs) {
  ClaimText const& own = own_claim();
  bool const is_of_our_job = own["job"] != unknown && theirs["job"] == own["job"];
  if (is_of_our_job && round_of(theirs) < round_of(own)) return true;
  pid_t process = 0;
  bool const is_here = own["machine"] != unknown && theirs["machine"] == own["machine"];
  return is_here && read_number(theirs["process"], process) && is_gone(process, theirs["start"]);
}

/// Identifies a file. An inode alone may be used again.
struct Identity {
  ino_t inode = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  friend bool operator==(Identity const&, Identity const&) = default;
};

Identity identity_of(struct stat const& info) {
  return {info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

/// A name beside the file that no other process uses.
fs::path beside(fs::path const& file) {
  return fmt::format("{}.{}-{}", file, host_name(), getpid());
}

/// The present time by the clock of the file system, which may be that of another machine.
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

/// Whether the file exists and its owner is alive. identity: receives that of the file.
bool is_alive(fs::path const& file, Identity& identity) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return false;
  identity = identity_of(info);
  ClaimText const theirs(file);
  if (is_gone_as_seen_from_here(theirs) || is_copy(file, theirs)) return false;
  double const silent_s = std::difftime(now_of_file_system(file), info.st_mtime);
  return silent_s < (theirs.is_signed() ? lifetime_s : lifetime_of_empty_s);
}

bool is_of_full_disk(int error) { return error == ENOSPC || error == EDQUOT || error == EIO; }

/// Creates the file with our words; false when it exists.
bool create(fs::path const& file) {
  int const descriptor = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0644);
  if (descriptor < 0 && errno == EEXIST) return false;
  if (descriptor < 0) {
    auto const message = fmt::format("{} could not be made: {}", file, std::strerror(errno));
    if (is_of_full_disk(errno)) throw Error(message);
    throw ConfigurationError(message + "; see whether the folder can be written to");
  }
  std::string const text = new_claim(file);
  bool const is_written = write(descriptor, text.data(), text.size()) == std::ssize(text);
  bool const is_full = fsync(descriptor) != 0 && is_of_full_disk(errno);
  close(descriptor);
  if (is_written && !is_full) return true;
  unlink(file.c_str());
  throw Error(file.string() + " could not be written; see whether the disk is full");
}

/// Takes a left-over claim; false when another process was faster. Only the maker of the file
/// beside it may do so: nobody then removes a newer claim than the one that he found.
bool take_over(fs::path const& file, Identity const& identity) {
  fs::path const guard = file.string() + ".takeover";
  struct stat info {};
  bool is_alone = create(guard);
  if (!is_alone && stat(guard.c_str(), &info) == 0 &&
      std::difftime(now_of_file_system(file), info.st_mtime) >= lifetime_of_empty_s) {
    // Its process has ended here. Only one can rename it.
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
  auto const problem =
      fmt::format("{}: the folder cannot be made: {}", file.parent_path(), error.message());
  if (is_of_full_disk(error.value())) throw Error(problem);
  if (error) throw ConfigurationError(problem);
  bool is_ours = create(file);
  Identity identity;
  if (!is_ours && !is_claim(file))
    throw ConfigurationError(
        fmt::format("{}, where a run says who is at work on it, is not of tvem; choose another "
                    "folder, or move it away",
                    file));
  if (!is_ours && !is_alive(file, identity)) is_ours = take_over(file, identity);
  return std::unique_ptr<RunClaim>(is_ours ? new RunClaim(file) : nullptr);
}

std::string RunClaim::owner(fs::path const& file) {
  ClaimText const text(file);
  if (!text.is_signed()) return "a process that has not yet said who it is";
  bool const has_job = text["job"] != unknown;
  return fmt::format("process {} on {}{}", text["process"], text["host"],
                     has_job ? fmt::format(", Slurm job {},", text["job"]) : "");
}

std::int64_t RunClaim::steps(fs::path const& file) {
  std::int64_t steps = 0;
  read_number(ClaimText(file)["steps"], steps);
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

bool RunClaim::is_ours() const { return have_same_signature(ClaimText(file_), own_claim()); }

/// Opens the file before it looks for the owner: who takes it over makes another file.
void RunClaim::renew() {
  int const descriptor = open(file_.c_str(), O_WRONLY);
  is_lost_ = !is_ours();
  if (descriptor >= 0 && !is_lost_) {
    std::string const line = steps_line(steps_);
    [[maybe_unused]] auto const told = pwrite(descriptor, line.data(), line.size(), 0);
    futimens(descriptor, nullptr);
  }
  if (descriptor >= 0) close(descriptor);
}

void RunClaim::check() const {
  if (is_ours()) return;
  if (!fs::exists(file_))
    throw ClaimLost(fmt::format(
        "{} is gone, with the folder or without: nothing more is written there; start again to go "
        "on from what is left",
        file_));
  throw ClaimLost(fmt::format(
      "the claim {} was taken by {} while this process was suspended; it leaves the run "
      "to it",
      file_, owner(file_)));
}

void RunClaim::check_now_and_then() const {
  if (is_lost_) check();
}

}  // namespace tvem
