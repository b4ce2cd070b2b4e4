#pragma once

#include <filesystem>
#include <string>

#include "tvem/core/instruction_set.hpp"
#include "tvem/core/settings.hpp"
#include "tvem/io/run_file.hpp"

namespace tvem {

/// The time, ISO 8601.
std::string now_utc();

/// What a file says of this start of the program.
ProvenanceRecord this_start(int ranks, InstructionSet instruction_set,
                            std::string const& command_line);

/// The settings of the training that a file holds. Throws Error when this version does not know
/// them.
Settings stored_settings(FileHeader const& header, std::filesystem::path const& path);

}  // namespace tvem
