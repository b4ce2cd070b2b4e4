#pragma once

#include <optional>
#include <span>
#include <string>

namespace tvem {

/// The result of make_utf8, as positions in its list.
struct Decoding {
  std::optional<std::size_t> converted;  // the first text that was converted; none: all were UTF-8
  std::optional<std::size_t> refused;    // the first text of no clear encoding; then none changed
};

/// Makes the texts of one source UTF-8. Texts that are all UTF-8 stay as they are. Texts without
/// UTF-8 beyond ASCII whose bytes are all characters of Windows-1252 (which includes Latin-1) are
/// converted. Others are refused: bytes of both encodings, or of none.
Decoding make_utf8(std::span<std::string* const> texts);

/// One text as UTF-8; converted from Windows-1252 where it is not UTF-8.
std::string utf8_of(std::string const& text);

/// A file's bytes as UTF-8 without a byte order mark; converted where they begin with the mark of
/// UTF-16. None when they have that mark and are not UTF-16.
std::optional<std::string> without_mark(std::string const& bytes);

/// Whether the bytes begin with the mark of UTF-16, of either order.
bool has_mark_of_utf16(std::string const& bytes);

}  // namespace tvem
