#include "io/hdf5/hdf5_support.hpp"

#include <functional>
#include <numeric>

#include <hdf5.h>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem::hdf5 {

static_assert(std::is_same_v<hid_t, std::int64_t>);

namespace {

/// The innermost entry of HDF5's error stack; only the words of the operating system where it
/// quotes them.
std::string reason() {
  std::string innermost;
  auto const keep = [](unsigned, H5E_error2_t const* entry, void* text) -> herr_t {
    if (entry->desc) *static_cast<std::string*>(text) = entry->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep, &innermost);
  std::string const quote = "error message = '";
  auto const begin = innermost.find(quote);
  if (begin == std::string::npos) return innermost;
  auto const end = innermost.find('\'', begin + quote.size());
  return innermost.substr(begin + quote.size(), end - begin - quote.size());
}

}  // namespace

void prepare() {
  // At the program's end the library would close what is open; after a failed write on a full disk
  // it crashes there. All that we open we close ourselves. Nor does a link lead to another file.
  [[maybe_unused]] static bool const is_told = [] {
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return H5Lunregister(H5L_TYPE_EXTERNAL) >= 0;
  }();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void fail(std::string const& where, std::string const& what) {
  std::string const found = reason();
  throw Error(fmt::format(
      "{} could not be {}{}; see whether the disk is full, the folder is there and the file is one "
      "of tvem",
      where, what, found.empty() ? "" : fmt::format(" ({})", found)));
}

Hdf5Handle owned(std::int64_t id, std::string const& where, std::string const& what) {
  // An object of any kind is closed with the last reference to it.
  return {checked(id, where, what), [](std::int64_t open) { return H5Idec_ref(open); }};
}

Hdf5Group::Shape extents_of(Hdf5Handle const& space, std::string const& where) {
  std::size_t const rank = checked(H5Sget_simple_extent_ndims(space.id()), where, "measured");
  std::vector<hsize_t> extents(rank);
  checked(H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr), where, "measured");
  return {extents.begin(), extents.end()};
}

std::uint64_t product(Hdf5Group::Shape const& extents) {
  return std::accumulate(extents.begin(), extents.end(), std::uint64_t{1}, std::multiplies<>());
}

Hdf5Handle select(Hdf5Handle const& space, Hdf5Group::Shape const& start,
                  Hdf5Group::Shape const& count, std::string const& where) {
  std::vector<hsize_t> const from(start.begin(), start.end()), n(count.begin(), count.end());
  checked(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, from.data(), nullptr, n.data(), nullptr),
          where, "selected");
  hsize_t const size = product(count);
  return owned(H5Screate_simple(1, &size, nullptr), where, "given a shape");
}

// The names of HDF5's types are macros that look the identifier up in the running library.
#define TVEM_HDF5_TYPE(T, memory, file) \
  template <>                           \
  std::int64_t memory_type<T>() {       \
    return memory;                      \
  }                                     \
  template <>                           \
  std::int64_t file_type<T>() {         \
    return file;                        \
  }
TVEM_HDF5_TYPE(double, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE)
TVEM_HDF5_TYPE(float, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE)
TVEM_HDF5_TYPE(std::int64_t, H5T_NATIVE_INT64, H5T_STD_I64LE)
TVEM_HDF5_TYPE(int, H5T_NATIVE_INT, H5T_STD_I32LE)
TVEM_HDF5_TYPE(std::int8_t, H5T_NATIVE_INT8, H5T_STD_I8LE)

namespace {

std::int64_t text_type() {
  static std::int64_t const type = [] {
    hid_t const text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tset_cset(text, H5T_CSET_UTF8);
    return text;
  }();
  return type;
}

}  // namespace

TVEM_HDF5_TYPE(std::string, text_type(), text_type())

}  // namespace tvem::hdf5
