#pragma once

#include <filesystem>
#include <string>

namespace tvem {

/// Why a file of ours cannot take this place without the loss of another one; empty when it can.
/// is_ours: whether the file that is there, if one is, may be replaced.
std::string target_problem(std::filesystem::path const& file,
                           bool (*is_ours)(std::filesystem::path const& file));

}  // namespace tvem
