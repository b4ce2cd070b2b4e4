#include "io/durable/digest.hpp"

#include <fstream>
#include <string>
#include <vector>

#include "framework/core/error.hpp"
#include "framework/core/sha256.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

std::string const seal_start = "tvem file\nsha256 ";

std::string content_digest(std::istream& file, int first_byte = user_block_bytes) {
  file.seekg(first_byte);
  Sha256 sha;
  std::vector<char> piece(std::size_t{1} << 16);  // small enough to stay in memory that is mapped
  while (file) {
    file.read(piece.data(), std::ssize(piece));
    sha.update(std::string_view(piece.data(), file.gcount()));
  }
  if (file.bad()) throw Error("a file could not be read to its end; see the state of the disk");
  return sha.hex_digest();
}

std::string block_of(std::string const& digest) {
  std::string block = seal_start + digest + "\n";
  block.resize(user_block_bytes, '\0');
  return block;
}

}  // namespace

void seal_file(fs::path const& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string const block = block_of(content_digest(file));
  file.clear();
  file.seekp(0);
  file.write(block.data(), user_block_bytes);
  file.close();
  if (!file) throw Error(path.string() + ": the digest could not be written; is the disk full?");
}

std::string digest_of_file(fs::path const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path.string() + " cannot be read; see whether it may be opened");
  return content_digest(file, has_seal(path) ? user_block_bytes : 0);
}

bool has_seal(fs::path const& path) {
  if (!fs::is_regular_file(path)) return false;  // opening a pipe would wait
  std::string start(seal_start.size(), ' ');
  std::ifstream file(path, std::ios::binary);
  return file.read(start.data(), std::ssize(start)) && start == seal_start;
}

void verify_seal(fs::path const& path) {
  // The check comes first: opening a pipe would wait for its other end.
  std::error_code unknown;
  bool const is_file = fs::is_regular_file(path, unknown);
  std::ifstream file(is_file ? path : fs::path(), std::ios::binary);
  if (!file)
    throw Error(path.string() + " cannot be read; see whether it exists and may be opened");
  std::string block(user_block_bytes, '\0');
  file.read(block.data(), user_block_bytes);
  if (!file || block.rfind(seal_start, 0) != 0)
    throw Error(path.string() + " is not a file of tvem, or its first bytes are damaged");
  if (block_of(content_digest(file)) != block)
    throw Error(
        fmt::format("{} is damaged, or another program has changed it: its content does not "
                    "have the digest that was sealed in it",
                    path));
}

}  // namespace tvem
