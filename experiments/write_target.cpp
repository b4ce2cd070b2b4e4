#include "experiments/write_target.hpp"

#include <unistd.h>

namespace tvem {

namespace fs = std::filesystem;

std::string target_problem(fs::path const& file, bool (*is_ours)(fs::path const& file)) {
  fs::path const folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code error, ignored;
  fs::file_status const status = fs::symlink_status(file, error);
  if (!fs::is_directory(folder, ignored)) return "the folder is not there; make it first";
  if (access(folder.c_str(), W_OK) != 0) return "the folder is read-only; choose another";
  if (status.type() == fs::file_type::none) return error.message();
  if (!fs::exists(status)) return "";
  if (!fs::is_regular_file(file, ignored)) return "what is there is no file; choose another name";
  if (!is_ours(file))
    return "there is a file that this command has not written; choose another name";
  return "";
}

}  // namespace tvem
