#pragma once

#include <optional>
#include <span>
#include <string>

namespace tvem {

/// What make_utf8 did, as positions in its list.
struct Decoding {
  std::optional<std::size_t> converted;  // the first text that was converted; none: all were UTF-8
  std::optional<std::size_t> refused;    // the first text of no clear encoding; then none changed
};

/// Makes the texts of one source UTF-8. They are left alone when all are, and converted from
/// Windows-1252, which Latin-1 is a part of, when nothing in them is UTF-8 beyond ASCII and all
/// their bytes are characters of it. Anything else is refused: bytes of both encodings, or of none.
Decoding make_utf8(std::span<std::string* const> texts);

/// The same for one text, converted wherever it is no UTF-8.
std::string utf8_of(std::string const& text);

/// A file's bytes without the mark of UTF-8 at their beginning, or converted from UTF-16 when they
/// begin with its mark. None: the mark of UTF-16, and no such text behind it.
std::optional<std::string> without_mark(std::string const& bytes);

/// Whether the bytes begin with the mark of UTF-16, of either order.
bool has_mark_of_utf16(std::string const& bytes);

}  // namespace tvem
