#pragma once

#include <string>
#include <vector>

#include "framework/core/processor/instruction_set.hpp"
#include "framework/train/settings.hpp"
#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

std::string now_utc();

/// What a file says of this start of the program.
ProvenanceRecord this_start(int ranks, std::string const& command_line);

/// A line for a result that was begun by the last of these starts, when this program is of another
/// version: bits are promised for one. Empty otherwise.
std::string other_build_note(std::vector<ProvenanceRecord> const& starts);

/// The settings of the training that a file holds. Throws Error when this version does not know
/// them.
Settings stored_settings(FileHeader const& header, fs::path const& path);

}  // namespace tvem
