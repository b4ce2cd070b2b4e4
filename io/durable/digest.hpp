#pragma once

#include <string>

#include "io/fs.hpp"

namespace tvem {

/// Bytes before the HDF5 content of every file of ours. They hold the lines "tvem file" and "sha256
/// DIGEST". The digest is that of all bytes after them: tail -c +513 FILE | sha256sum
constexpr int user_block_bytes = 512;

/// Writes the digest into the user block of a closed file.
void seal_file(fs::path const& path);

/// SHA-256 of any file, of ours without its user block: what is sealed in it.
std::string digest_of_file(fs::path const& path);

/// Whether the file begins as a file of ours. The rest of it may be damaged.
bool has_seal(fs::path const& path);

/// Throws Error, naming the file, when it is not ours or its bytes have changed since they were
/// sealed. Call it before HDF5 opens a file: that library may crash or hang on a damaged one.
void verify_seal(fs::path const& path);

}  // namespace tvem
