#include "experiments/run/resources.hpp"

#include <algorithm>
#include <fstream>
#include <limits>

#include <sys/resource.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

/// The number at the beginning of a file; no_limit for a word such as "max", and without the file.
std::int64_t number_in(fs::path const& path) {
  std::ifstream file(path);
  std::int64_t number = 0;
  return file >> number ? number : no_limit;
}

std::int64_t available_on_machine() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  std::int64_t kilobytes = 0;
  while (file >> name >> kilobytes && std::getline(file, unit))
    if (name == "MemAvailable:") return 1024 * kilobytes;
  return no_limit;
}

/// The least limit of a control group and of its parents.
std::int64_t group_limit(std::string const& root, std::string const& group, char const* name) {
  std::int64_t least = no_limit;
  for (fs::path folder = fs::path(root + group).lexically_normal();
       folder.string().size() >= root.size(); folder = folder.parent_path())
    least = std::min(least, number_in(folder / name));
  return least;
}

/// A line of /proc/self/cgroup is "number:controllers:group"; version 2 names no controllers.
std::int64_t limit_of_groups() {
  std::int64_t least = no_limit;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    auto const parts = split(line, ':');
    if (parts.size() != 3) continue;
    if (parts[1].empty())
      least = std::min(least, group_limit("/sys/fs/cgroup", parts[2], "memory.max"));
    if (parts[1] == "memory")
      least =
          std::min(least, group_limit("/sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"));
  }
  return least;
}

std::int64_t left_of_address_space() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return no_limit;
  std::int64_t const taken = number_in("/proc/self/statm") * sysconf(_SC_PAGESIZE);
  std::int64_t const most = limit.rlim_cur;
  return std::max<std::int64_t>(0, most - taken);
}

std::string gigabytes(std::int64_t bytes) {
  return fmt::format("{:.2f} GB", 1e-9 * as_real(bytes));
}

std::string sentence(std::int64_t n, std::int64_t bytes) {
  return fmt::format("{} points: the Transformer takes {} of memory for them", n, gigabytes(bytes));
}

}  // namespace

std::int64_t memory_left() {
  return std::min({available_on_machine(), limit_of_groups(), left_of_address_space()});
}

std::string memory_note(std::int64_t n, std::int64_t bytes) {
  return bytes < 1'000'000'000 ? "" : sentence(n, bytes);
}

std::string memory_problem(std::int64_t n, std::int64_t bytes, std::int64_t left) {
  if (bytes <= left) return "";
  return fmt::format(
      "{}, and {} are left; give fewer points, or take a machine or a limit with more",
      sentence(n, bytes), gigabytes(left));
}

bool is_writable(fs::path const& folder) { return access(folder.c_str(), W_OK) == 0; }

void make_writable_folder(fs::path const& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw ConfigurationError(
        fmt::format("--out {}: the folder cannot be made: {}", folder, error.message()));
  if (!is_writable(folder))
    throw ConfigurationError(fmt::format("--out {}: the folder is read-only", folder));
}

fs::path folder_of(fs::path const& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::string target_problem(fs::path const& file, bool (*is_ours)(fs::path const& file)) {
  fs::path const folder = folder_of(file);
  std::error_code error, ignored;
  fs::file_status const status = fs::symlink_status(file, error);
  if (!fs::is_directory(folder, ignored)) return "the folder is not there; make it first";
  if (!is_writable(folder)) return "the folder is read-only; choose another";
  if (status.type() == fs::file_type::none) return error.message();
  if (!fs::exists(status)) return "";
  if (!fs::is_regular_file(file, ignored))
    return "what is there is not a file; choose another name";
  if (!is_ours(file))
    return "there is a file that this command has not written; choose another name";
  return "";
}

}  // namespace tvem
