#pragma once

#include <functional>
#include <optional>
#include <string>

#include "io/durable/durable.hpp"
#include "io/fs.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/stored.hpp"

namespace tvem {

// Every file of ours is written and read here, so that no reader can forget its guards: the seal of
// its bytes (digest.hpp), a child process for the HDF5 library (trial.hpp), and the digest of its
// content.

/// Writes a file durably (durable.hpp): `fill` gives the root its attributes and members.
void write_our_file(fs::path const& path, fs::path const& previous,
                    std::function<void(Hdf5Group const& root)> const& fill,
                    MayReplace const& may_replace = {});

/// The root of a file with all its content. Throws Error, naming the file, when it is not ours,
/// when its bytes or its content have changed, or when the HDF5 library cannot read it.
StoredGroup read_our_file(fs::path const& path);

/// The same without arrays of more than 64 kB, which are verified only.
StoredGroup read_our_head(fs::path const& path);

/// The same, or nothing where the path is not a whole file of this type.
std::optional<StoredGroup> whole_head_of(std::string const& file_type, fs::path const& path);
inline bool is_whole_file_of(std::string const& file_type, fs::path const& path) {
  return whole_head_of(file_type, path).has_value();
}

/// Whether the file begins as one of ours, but is damaged or was changed by another program.
bool is_damaged(fs::path const& path);

}  // namespace tvem
