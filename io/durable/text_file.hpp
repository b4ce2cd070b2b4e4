#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace tvem {

/// All bytes of a file; none when it cannot be read or is no regular file (opening a pipe would
/// wait for its other end).
std::optional<std::string> text_of_file(std::filesystem::path const& path);

/// Writes a text beside its place first, so that nobody meets half of it. What is there must be
/// ours to replace. Throws Error naming the file, which is then as before.
void write_text(std::filesystem::path const& path, std::string const& text);

}  // namespace tvem
