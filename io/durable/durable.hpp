#pragma once

#include <functional>

#include "io/fs.hpp"

namespace tvem {

/// A name in the same folder that no other process uses, for a file that is not whole yet.
fs::path temporary_name(fs::path const& path);

/// Called right before a file takes its place; throws to leave the place as it is.
using MayReplace = std::function<void()>;

/// Whether there is a file that is not ours, or that somebody has changed. Such a file is never
/// overwritten.
bool is_foreign(fs::path const& path);

/// The new name of a file that is in the way: the first free FILE.kept-N.
fs::path name_to_keep(fs::path const& path);
void keep_aside(fs::path const& path);

/// Writes a file so that no reader ever sees half of it, whatever is killed. `write` makes a
/// temporary file in the same folder. This is sealed (digest.hpp), forced to the disk, opened again
/// and verified, and renamed into place. previous: keeps the old file; may be empty. A foreign file
/// in either place gets another name. Throws Error naming the file, or what may_replace throws;
/// then the old file is still there, and the temporary one is gone.
void write_durably(fs::path const& path, fs::path const& previous,
                   std::function<void(fs::path const& temporary)> const& write,
                   MayReplace const& may_replace = {});

/// Removes what killed writes have left. Nobody else may write into the folder.
void remove_left_over_writes(fs::path const& folder);

}  // namespace tvem
