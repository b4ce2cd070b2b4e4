#pragma once

#include <optional>
#include <string>

#include "io/fs.hpp"

namespace tvem {

/// All bytes of a file. None when the file cannot be read or is no regular file (opening a pipe
/// would wait for its other end).
std::optional<std::string> text_of_file(fs::path const& path);

/// Writes a text to a temporary file and renames it, so that nobody reads half of it. The caller
/// must own what is there. Throws Error naming the file, which is then unchanged.
void write_text(fs::path const& path, std::string const& text);

}  // namespace tvem
