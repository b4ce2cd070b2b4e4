#include "io/durable/our_file.hpp"

#include "framework/core/error.hpp"
#include "io/durable/digest.hpp"
#include "io/durable/trial.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

/// Files of schema version 1 have no digest of their content.
constexpr std::int64_t last_version_without = 1;

std::string verified_content(std::filesystem::path const& path, std::uint64_t limit,
                             std::uint64_t largest) {
  Hdf5File const file = Hdf5File::open(path);
  Hdf5Content content = file.content(limit, largest);
  Hdf5Group const root = file.root();
  if (root.integer_attribute("schema_version") > last_version_without &&
      root.text_attribute(content_digest_name) != content.digest)
    throw Error(path.string() + " is damaged: its content is not what was written (" +
                content_digest_name + "); use another copy");
  return std::move(content.bytes);
}

/// largest: array to read.
StoredGroup read(std::filesystem::path const& path, std::uint64_t largest) {
  verify_seal(path);
  // Numbers and texts take no more bytes in memory than in the file; names and shapes take less.
  std::uint64_t const limit = 2 * std::filesystem::file_size(path) + (1 << 16);
  hdf5::prepare();  // here once rather than in every child
  return {path.string(), in_child(path, 8 * limit + (std::uint64_t{1} << 30),
                                  [&] { return verified_content(path, limit, largest); })};
}

}  // namespace

void write_our_file(std::filesystem::path const& path, std::filesystem::path const& previous,
                    std::function<void(Hdf5Group const& root)> const& fill,
                    MayReplace const& may_replace) {
  auto const write = [&](std::filesystem::path const& temporary) {
    Hdf5File file = Hdf5File::create(temporary);
    {
      Hdf5Group const root = file.root();
      fill(root);
      root.set_attribute(content_digest_name, file.content(hdf5_unlimited, 0).digest);
    }
    file.close();
  };
  write_durably(path, previous, write, may_replace);
}

StoredGroup read_our_file(std::filesystem::path const& path) { return read(path, hdf5_unlimited); }

StoredGroup read_our_head(std::filesystem::path const& path) { return read(path, 1 << 16); }

bool is_damaged(std::filesystem::path const& path) {
  if (!has_seal(path)) return false;
  try {
    read_our_head(path);
    return false;
  } catch (Error const&) {
    return true;
  }
}

}  // namespace tvem
