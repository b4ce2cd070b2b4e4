#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace tvem {

/// Bytes that this process can still take: the least of what the machine has available, of the
/// limits of its control groups, and of what is left of its address space (ulimit -v).
std::int64_t memory_left();

/// What a Transformer takes for tasks of n points, as a sentence; empty when that is below 1 GB.
std::string memory_note(std::int64_t n, std::size_t bytes);
/// Why it cannot have that, when `left` bytes are there; empty when it can.
std::string memory_problem(std::int64_t n, std::size_t bytes, std::int64_t left);

/// Whether this process may write in the folder.
bool is_writable(std::filesystem::path const& folder);
/// Makes the folder of --out, where it is not there. Throws ConfigurationError when it cannot be
/// made, or nothing can be written in it.
void make_writable_folder(std::filesystem::path const& folder);

/// Why a file of ours cannot take this place without the loss of another one; empty when it can.
/// is_ours: whether the file that is there, if one is, may be replaced.
std::string target_problem(std::filesystem::path const& file,
                           bool (*is_ours)(std::filesystem::path const& file));

}  // namespace tvem
