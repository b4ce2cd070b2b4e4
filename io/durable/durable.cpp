#include "io/durable/durable.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <regex>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/host.hpp"
#include "framework/core/text.hpp"
#include "io/durable/digest.hpp"
#include "io/durable/test_value.hpp"
#include "io/hdf5/hdf5.hpp"

namespace tvem {
namespace {

/// Gives tests the time to kill this process amid a write.
void pause_for_tests() {
  std::int64_t const ms = test_value("TVEM_TEST_WRITE_DELAY_MS", 0);
  if (ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

/// Forces a file, or the names in a folder, to the disk. Some file systems cannot do that for a
/// folder, and answer EINVAL.
void sync(fs::path const& path, int flags) {
  int const descriptor = open(path.c_str(), flags);
  bool const is_synced = descriptor >= 0 && (fsync(descriptor) == 0 ||
                                             ((flags & O_DIRECTORY) != 0 && errno == EINVAL));
  int const reason = errno;
  if (descriptor >= 0) close(descriptor);
  if (!is_synced)
    throw Error(fmt::format("{} could not be {}: {}", path,
                            descriptor < 0 ? "opened" : "forced to the disk",
                            std::strerror(reason)));
}

void keep_if_foreign(fs::path const& path) {
  if (is_foreign(path)) keep_aside(path);
}

/// Gives the present file a second name, so that the first name always points to a file. File
/// systems without hard links get a rename instead: for a moment, readers find the previous file
/// alone.
void keep_previous(fs::path const& path, fs::path const& previous) {
  if (previous.empty() || !fs::is_regular_file(path)) return;
  keep_if_foreign(previous);
  fs::path const link = temporary_name(previous);
  std::error_code error;
  fs::create_hard_link(path, link, error);
  fs::rename(error ? path : link, previous);
}

std::string replaced(std::string text, std::string const& what, std::string const& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// Writes the temporary file, and makes sure that it is whole. Returns what went wrong, or nothing.
std::string write_whole(fs::path const& temporary,
                        std::function<void(fs::path const& temporary)> const& write) {
  try {
    write(temporary);
    pause_for_tests();
    seal_file(temporary);
    sync(temporary, O_RDWR);
    verify_seal(temporary);
    Hdf5File::open(temporary);
    pause_for_tests();
    return "";
  } catch (std::exception const& error) {
    return replaced(error.what(), temporary.string(), "it");
  }
}

void put_in_place(fs::path const& temporary, fs::path const& path, fs::path const& previous) {
  keep_if_foreign(path);
  keep_previous(path, previous);
  pause_for_tests();
  fs::rename(temporary, path);
  pause_for_tests();
  sync(path.has_parent_path() ? path.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
}

/// Whether a killed write of ours has left this file: FILE.tmp-HOST-PROCESS.
bool is_left_over(std::string const& name) {
  static std::regex const pattern(
      R"((run|checkpoint|checkpoint\.previous|answers|tasks|evaluation(-[0-9a-f]+)?)\.h5\.tmp-.+-[0-9]+)"
      R"(|(tasks|steps)-[0-9]+\.h5\.tmp-.+-[0-9]+)"
      R"(|failed\.txt\.tmp-.+-[0-9]+)");
  return std::regex_match(name, pattern);
}

}  // namespace

fs::path temporary_name(fs::path const& path) {
  return fmt::format("{}.tmp-{}-{}", path, host_name(), getpid());
}

bool is_foreign(fs::path const& path) {
  if (!fs::is_regular_file(path)) return false;
  try {
    verify_seal(path);
    return false;
  } catch (Error const&) {
    return true;
  }
}

fs::path name_to_keep(fs::path const& path) {
  for (int i = 1;; ++i) {
    fs::path const name = fmt::format("{}.kept-{}", path, i);
    if (!fs::exists(fs::symlink_status(name))) return name;
  }
}

void keep_aside(fs::path const& path) { fs::rename(path, name_to_keep(path)); }

void write_durably(fs::path const& path, fs::path const& previous,
                   std::function<void(fs::path const& temporary)> const& write,
                   MayReplace const& may_replace) {
  if (fs::exists(path) && !fs::is_regular_file(path))
    throw Error(fmt::format("{} is not a file that could be replaced; choose another name", path));
  fs::path const temporary = temporary_name(path);
  std::string const problem = write_whole(temporary, write);
  std::error_code ignored;
  try {
    // Called after a problem too: whoever has taken the place may have removed our file.
    if (may_replace) may_replace();
    if (!problem.empty())
      throw Error(
          fmt::format("{} could not be written: {}; what was there before is kept", path, problem));
    put_in_place(temporary, path, previous);
  } catch (fs::filesystem_error const& error) {
    fs::remove(temporary, ignored);
    throw Error(fmt::format("{} could not be put in its place: {}; what was there before is kept",
                            path, error.code().message()));
  } catch (...) {
    fs::remove(temporary, ignored);
    throw;
  }
}

void remove_left_over_writes(fs::path const& folder) {
  std::error_code ignored;
  for (auto const& entry : fs::directory_iterator(folder, ignored)) {
    if (is_left_over(entry.path().filename().string())) fs::remove(entry.path(), ignored);
  }
}

}  // namespace tvem
