#pragma once

#include <filesystem>
#include <functional>

namespace tvem {

/// A name in the same folder for a file that is not whole yet, which no other process anywhere has.
std::filesystem::path temporary_name(std::filesystem::path const& path);

/// Asked right before a file takes its place; throws to leave the place as it is.
using MayReplace = std::function<void()>;

/// Whether a file is there that is not ours, or no longer as we sealed it. None is ever written
/// over.
bool is_foreign(std::filesystem::path const& path);

/// The name that a file in the way is given: FILE.kept-N, the first that is free.
std::filesystem::path name_to_keep(std::filesystem::path const& path);
void keep_aside(std::filesystem::path const& path);

/// Writes a file such that at no moment, whatever is killed, a reader sees half of it: `write`
/// makes a temporary file in the same folder, which is sealed (digest.hpp), forced to the disk,
/// opened again and verified, and renamed into place. previous: where the file that was there is
/// kept; none when empty. A foreign file in either place is given another name. Throws Error naming
/// the file, or what may_replace throws; the old file is then still there and the temporary one is
/// gone.
void write_durably(std::filesystem::path const& path, std::filesystem::path const& previous,
                   std::function<void(std::filesystem::path const& temporary)> const& write,
                   MayReplace const& may_replace = {});

/// Takes away what killed writes have left in a folder that nobody else writes into.
void remove_left_over_writes(std::filesystem::path const& folder);

}  // namespace tvem
