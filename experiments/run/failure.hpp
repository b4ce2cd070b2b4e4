#pragma once

#include <optional>
#include <string>

#include "io/fs.hpp"

namespace tvem {

// FOLDER/failed.txt says why the last start of a run failed.

/// Writes the message beside the run's files. Another file of that name is renamed first.
void record_failure(fs::path const& folder, std::string const& message);
/// The same, but without a record where nothing can be written.
void try_to_record_failure(fs::path const& folder, std::string const& message);
void clear_failure(fs::path const& folder);

/// The message; none when the last start did not fail.
std::optional<std::string> failure_of(fs::path const& folder);
std::optional<fs::file_time_type> time_of_failure(fs::path const& folder);

}  // namespace tvem
