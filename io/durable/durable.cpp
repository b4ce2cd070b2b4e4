#include "io/durable/durable.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <regex>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/host.hpp"
#include "io/durable/digest.hpp"
#include "io/hdf5/hdf5.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(fs::path const& path, std::string const& what) {
  throw Error(path.string() + " could not be " + what + ": " + std::strerror(errno));
}

/// In builds with tests: TVEM_TEST_WRITE_DELAY_MS milliseconds, for a kill to come amid a write.
void pause_for_tests() {
#ifdef TVEM_TEST_HOOKS
  if (char const* const delay = std::getenv("TVEM_TEST_WRITE_DELAY_MS"))
    usleep(1000 * static_cast<useconds_t>(std::atoi(delay)));
#endif
}

/// Forces a file, or the names in a folder, to the disk. Some file systems know no such thing for a
/// folder, and say so by EINVAL.
void sync(fs::path const& path, int flags) {
  int const descriptor = open(path.c_str(), flags);
  if (descriptor < 0) fail(path, "opened");
  bool const is_synced = fsync(descriptor) == 0 || ((flags & O_DIRECTORY) != 0 && errno == EINVAL);
  int const reason = errno;
  close(descriptor);
  errno = reason;
  if (!is_synced) fail(path, "forced to the disk");
}

void keep_if_foreign(fs::path const& path) {
  if (is_foreign(path)) keep_aside(path);
}

/// Gives the present file a second name, so that the first one never points to nothing. File
/// systems without hard links get a rename instead; readers then find the previous file alone for a
/// moment.
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

/// Whether it is of one of our writes that was killed: FILE.tmp-HOST-PROCESS.
bool is_left_over(std::string const& name) {
  static std::regex const pattern(
      R"((run|checkpoint|checkpoint\.previous|evaluation(-[0-9a-f]+)?)\.h5\.tmp-.+-[0-9]+)"
      R"(|(tasks|steps)-[0-9]+\.h5\.tmp-.+-[0-9]+)"
      R"(|failed\.txt\.tmp-.+-[0-9]+)");
  return std::regex_match(name, pattern);
}

}  // namespace

fs::path temporary_name(fs::path const& path) {
  return path.string() + ".tmp-" + host_name() + "-" + std::to_string(getpid());
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
    fs::path const name = path.string() + ".kept-" + std::to_string(i);
    if (!fs::exists(fs::symlink_status(name))) return name;
  }
}

void keep_aside(fs::path const& path) { fs::rename(path, name_to_keep(path)); }

void write_durably(fs::path const& path, fs::path const& previous,
                   std::function<void(fs::path const& temporary)> const& write,
                   MayReplace const& may_replace) {
  if (fs::exists(path) && !fs::is_regular_file(path))
    throw Error(path.string() + " is no file that could be replaced; choose another name");
  fs::path const temporary = temporary_name(path);
  std::string problem;
  try {
    write(temporary);
    pause_for_tests();
    seal_file(temporary);
    sync(temporary, O_RDWR);
    verify_seal(temporary);
    Hdf5File::open(temporary);
    pause_for_tests();
  } catch (std::exception const& error) {
    problem = error.what();
  }
  std::error_code ignored;
  try {
    // Also after a problem: whoever has taken the place may have removed our file.
    if (may_replace) may_replace();
    if (!problem.empty())
      throw Error(path.string() + " could not be written: " +
                  replaced(problem, temporary.string(), "it") + "; what was there before is kept");
    keep_if_foreign(path);
    keep_previous(path, previous);
    pause_for_tests();
    fs::rename(temporary, path);
    pause_for_tests();
    sync(path.has_parent_path() ? path.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
  } catch (fs::filesystem_error const& error) {
    fs::remove(temporary, ignored);
    throw Error(path.string() + " could not be put in its place: " + error.code().message() +
                "; what was there before is kept");
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
