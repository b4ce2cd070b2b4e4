#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace tvem {

// FOLDER/failed.txt says why the last start of a run failed.

/// Keeps the message beside the run's files. A file of that name that is not of tvem is given
/// another one.
void record_failure(std::filesystem::path const& folder, std::string const& message);
/// In a folder that nothing can be written to there is no record; the message is told in any case.
void try_to_record_failure(std::filesystem::path const& folder, std::string const& message);
void clear_failure(std::filesystem::path const& folder);

/// The message; none when the last start did not fail.
std::optional<std::string> failure_of(std::filesystem::path const& folder);
std::optional<std::filesystem::file_time_type> time_of_failure(std::filesystem::path const& folder);

}  // namespace tvem
