#pragma once

#include <filesystem>

namespace tvem {

/// Bytes before the HDF5 content of every file of ours. They hold the lines "tvem file", "sha256
/// DIGEST" and nothing else; the digest is that of all bytes after them:  tail -c +513 FILE |
/// sha256sum
constexpr int user_block_bytes = 512;

/// Writes the digest into the user block of a closed file.
void seal_file(std::filesystem::path const& path);

/// Whether the file begins as one of ours, whole or not.
bool has_seal(std::filesystem::path const& path);

/// Throws Error, naming the file, when it is not one of ours or its bytes are not those that were
/// sealed. To be called before HDF5 opens a file: that library may crash or hang on a damaged one.
void verify_seal(std::filesystem::path const& path);

}  // namespace tvem
