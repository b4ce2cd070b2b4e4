#pragma once

#include <cstdint>
#include <string>

#include "io/fs.hpp"

namespace tvem {

/// Bytes that this process can still take: the least of the memory that the machine has available,
/// the limits of its control groups, and the rest of its address space (ulimit -v).
std::int64_t memory_left();

/// A sentence on the memory of a Transformer for tasks of n points; empty below 1 GB.
std::string memory_note(std::int64_t n, std::int64_t bytes);
/// Says why it cannot have that memory; empty when it can. left: bytes.
std::string memory_problem(std::int64_t n, std::int64_t bytes, std::int64_t left);

bool is_writable(fs::path const& folder);
/// Makes the folder of --out where it does not exist. Throws ConfigurationError when nothing can be
/// written there.
void make_writable_folder(fs::path const& folder);

fs::path folder_of(fs::path const& file);

/// Says why a file of ours cannot be written here without the loss of another; empty when it can.
/// is_ours: whether a file that exists may be replaced.
std::string target_problem(fs::path const& file, bool (*is_ours)(fs::path const& file));

}  // namespace tvem
