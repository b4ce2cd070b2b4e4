#include "io/durable/our_file.hpp"

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/digest.hpp"
#include "io/durable/trial.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

std::string verified_content(fs::path const& path, std::uint64_t limit, std::uint64_t largest) {
  Hdf5File const file = Hdf5File::open(path);
  Hdf5Content content = file.content(limit, largest);
  Hdf5Group const root = file.root();
  // Files of schema version 1 have no digest of their content.
  bool const has_digest = root.member_numbers(".", "schema_version") != std::vector<double>{1};
  if (has_digest && root.member_text(".", content_digest_name) != content.digest)
    throw Error(
        fmt::format("{} is damaged: its content is not what was written ({}); use another copy",
                    path, content_digest_name));
  return std::move(content.bytes);
}

/// largest: bytes of the largest array to keep.
StoredGroup read(fs::path const& path, std::uint64_t largest) {
  verify_seal(path);
  // Numbers and texts take no more bytes in memory than in the file; names and shapes take less.
  std::uint64_t const limit = 2 * fs::file_size(path) + (1 << 16);
  hdf5::prepare();  // here once rather than in every child
  return {path.string(), in_child(path, 8 * limit + (std::uint64_t{1} << 30),
                                  [&] { return verified_content(path, limit, largest); })};
}

}  // namespace

void write_our_file(fs::path const& path, fs::path const& previous,
                    std::function<void(Hdf5Group const& root)> const& fill,
                    MayReplace const& may_replace) {
  auto const write = [&](fs::path const& temporary) {
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

StoredGroup read_our_file(fs::path const& path) { return read(path, hdf5_unlimited); }

StoredGroup read_our_head(fs::path const& path) { return read(path, 1 << 16); }

std::optional<StoredGroup> whole_head_of(std::string const& file_type, fs::path const& path) {
  if (!fs::is_regular_file(path)) return std::nullopt;
  try {
    StoredGroup root = read_our_head(path);
    return root.text_attribute("file_type") == file_type ? std::optional(std::move(root))
                                                         : std::nullopt;
  } catch (Error const&) {
    return std::nullopt;
  }
}

bool is_damaged(fs::path const& path) {
  if (!has_seal(path)) return false;
  try {
    read_our_head(path);
    return false;
  } catch (Error const&) {
    return true;
  }
}

}  // namespace tvem
