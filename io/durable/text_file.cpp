#include "io/durable/text_file.hpp"

#include <fstream>
#include <sstream>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/durable.hpp"

namespace tvem {

std::optional<std::string> text_of_file(fs::path const& path) {
  if (!fs::is_regular_file(path)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (fs::file_size(path) > 0) text << file.rdbuf();
  if (!file || !text) return std::nullopt;
  return text.str();
}

void write_text(fs::path const& path, std::string const& text) {
  fs::path const temporary = temporary_name(path);
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (file) fs::rename(temporary, path, error);
  if (file && !error) return;
  std::error_code ignored;
  fs::remove(temporary, ignored);
  throw Error(fmt::format("{} could not be written{}", path,
                          error ? ": " + error.message() : "; see whether the disk is full"));
}

}  // namespace tvem
