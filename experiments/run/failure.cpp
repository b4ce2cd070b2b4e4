#include "experiments/run/failure.hpp"

#include <string_view>

#include "io/durable/durable.hpp"
#include "io/durable/text_file.hpp"

namespace tvem {
namespace {

constexpr std::string_view mark = "# Written by tvem: why the last start failed.\n";

fs::path failure_file(fs::path const& folder) { return folder / "failed.txt"; }

/// Renames a file that is not ours.
void make_place(fs::path const& file) {
  if (fs::exists(fs::symlink_status(file)) && !text_of_file(file).value_or("").starts_with(mark))
    keep_aside(file);
}

}  // namespace

void record_failure(fs::path const& folder, std::string const& message) {
  make_place(failure_file(folder));
  write_text(failure_file(folder), std::string(mark) + message);
}

void try_to_record_failure(fs::path const& folder, std::string const& message) {
  try {
    record_failure(folder, message);
  } catch (std::exception const&) {
  }
}

void clear_failure(fs::path const& folder) {
  make_place(failure_file(folder));
  fs::remove(failure_file(folder));
}

std::optional<std::string> failure_of(fs::path const& folder) {
  auto const text = text_of_file(failure_file(folder));
  return text && text->starts_with(mark) ? text->substr(mark.size()) : text;
}

std::optional<fs::file_time_type> time_of_failure(fs::path const& folder) {
  std::error_code error;
  auto const time = fs::last_write_time(failure_file(folder), error);
  return error ? std::nullopt : std::optional(time);
}

}  // namespace tvem
