#pragma once

#include <filesystem>
#include <functional>

#include "io/durable/durable.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/stored.hpp"

namespace tvem {

// Every file of ours is written and read here, so that no reader can forget what guards it: the
// seal of its bytes (digest.hpp), a process of its own for the HDF5 library (trial.hpp), and the
// digest of its content.

/// Writes a file durably (durable.hpp): `fill` gives the root its attributes and members.
void write_our_file(std::filesystem::path const& path, std::filesystem::path const& previous,
                    std::function<void(Hdf5Group const& root)> const& fill,
                    MayReplace const& may_replace = {});

/// The root of a file and all that is in it. Throws Error, naming the file, when it is not one of
/// ours, its bytes or its content are not those that were written, or the HDF5 library cannot read
/// it.
StoredGroup read_our_file(std::filesystem::path const& path);

/// The same, but for arrays of numbers of more than 64 kB, which are verified and left out.
StoredGroup read_our_head(std::filesystem::path const& path);

/// Whether it begins as a file of ours, but is damaged, or another program has changed it.
bool is_damaged(std::filesystem::path const& path);

}  // namespace tvem
