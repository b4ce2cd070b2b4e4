#include "io/points/text_encoding.hpp"

#include <array>
#include <string_view>

namespace tvem {
namespace {

/// Characters 0x80..0x9f of Windows-1252; 0 where it has none. The others are those of Unicode.
constexpr std::array<char32_t, 32> windows_1252{
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? text[at] & 0xffU : 0U;
}

void append_utf8(std::string& text, char32_t character) {
  auto const add = [&](char32_t byte) { text += static_cast<char>(byte); };
  auto const add_rest = [&](int shift) { add(0x80 | ((character >> shift) & 0x3f)); };
  if (character < 0x80) return add(character);
  if (character < 0x800) {
    add(0xc0 | (character >> 6));
  } else if (character < 0x10000) {
    add(0xe0 | (character >> 12));
    add_rest(6);
  } else {
    add(0xf0 | (character >> 18));
    add_rest(12);
    add_rest(6);
  }
  add_rest(0);
}

/// The number of bytes of the UTF-8 character beyond ASCII that begins there; 0 when none does.
std::size_t sequence_at(std::string_view text, std::size_t at) {
  unsigned const first = byte_at(text, at), second = byte_at(text, at + 1);
  std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
  // Longer than needed, a surrogate, or beyond Unicode.
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return size;
}

struct ByteCounts {
  std::size_t sequences = 0;  // characters of UTF-8
  std::size_t strays = 0;     // bytes that are no part of one
  std::size_t undefined = 0;  // strays that are no characters of Windows-1252 either
};

ByteCounts counts_of(std::string_view text) {
  ByteCounts counts;
  for (std::size_t at = 0; at < text.size();) {
    unsigned const byte = byte_at(text, at);
    std::size_t const size = byte < 0x80 ? 1 : sequence_at(text, at);
    if (byte >= 0x80 && size > 0) ++counts.sequences;
    if (size == 0) {
      ++counts.strays;
      if (byte < 0xa0 && windows_1252[byte - 0x80] == 0) ++counts.undefined;
    }
    at += size > 0 ? size : 1;
  }
  return counts;
}

std::string from_windows_1252(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned const byte = byte_at(text, at);
    char32_t const character = byte < 0x80 || byte >= 0xa0 ? byte : windows_1252[byte - 0x80];
    append_utf8(result, character != 0 ? character : U'\ufffd');
  }
  return result;
}

std::optional<std::string> from_utf16(std::string_view bytes, bool is_little) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  std::string result;
  auto const unit = [&](std::size_t at) -> char32_t {
    return is_little ? byte_at(bytes, at) | byte_at(bytes, at + 1) << 8
                     : byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
  };
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    char32_t character = unit(at);
    if ((character & 0xf800) == 0xd800) {  // half of a character
      char32_t const other = unit(at += 2);
      if (character >= 0xdc00 || (other & 0xfc00) != 0xdc00) return std::nullopt;
      character = 0x10000 + ((character & 0x3ff) << 10 | (other & 0x3ff));
    }
    append_utf8(result, character);
  }
  return result;
}

}  // namespace

Decoding make_utf8(std::span<std::string* const> texts) {
  Decoding decoding;
  bool has_sequences = false;
  std::optional<std::size_t> undefined;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ByteCounts const counts = counts_of(*texts[i]);
    has_sequences |= counts.sequences > 0;
    if (counts.strays > 0 && !decoding.converted) decoding.converted = i;
    if (counts.undefined > 0 && !undefined) undefined = i;
  }
  if (!decoding.converted) return {};
  if (undefined || has_sequences) return {{}, undefined ? undefined : decoding.converted};
  for (std::string* const text : texts) *text = from_windows_1252(*text);
  return decoding;
}

std::string utf8_of(std::string const& text) {
  return counts_of(text).strays == 0 ? text : from_windows_1252(text);
}

bool has_mark_of_utf16(std::string const& bytes) {
  return bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
}

std::optional<std::string> without_mark(std::string const& bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) return bytes.substr(3);
  if (!has_mark_of_utf16(bytes)) return bytes;
  return from_utf16(std::string_view(bytes).substr(2), bytes[0] == '\xff');
}

}  // namespace tvem
