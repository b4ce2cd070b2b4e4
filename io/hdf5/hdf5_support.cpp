#include "io/hdf5/hdf5_support.hpp"

#include <hdf5.h>

#include "framework/core/error.hpp"

namespace tvem::hdf5 {

static_assert(std::is_same_v<hid_t, std::int64_t>);

namespace {

/// The innermost entry of HDF5's error stack, shortened to the words of the operating system where
/// it quotes them.
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

Hdf5Handle handle(std::int64_t id, Hdf5Handle::Close closing, std::string const& where,
                  std::string const& what) {
  return {checked(id, where, what), closing};
}

}  // namespace

void prepare() {
  // At the program's end the library would close what is open; after a failed write on a full disk
  // it crashes there. All that we open we close ourselves.
  static herr_t const is_first = H5dont_atexit();
  static_cast<void>(is_first);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  // Nor does a link in a file lead to another file.
  static herr_t const is_told = H5Lunregister(H5L_TYPE_EXTERNAL);
  static_cast<void>(is_told);
}

void fail(std::string const& where, std::string const& what) {
  std::string const found = reason();
  throw Error(where + " could not be " + what + (found.empty() ? "" : " (" + found + ")") +
              "; see whether the disk is full, the folder is there and the file is one of tvem");
}

Hdf5Handle file_handle(std::int64_t id, std::string const& where, std::string const& what) {
  return handle(
      id, [](std::int64_t open) { return int{H5Fclose(open)}; }, where, what);
}
Hdf5Handle group_handle(std::int64_t id, std::string const& where, std::string const& what) {
  return handle(
      id, [](std::int64_t open) { return int{H5Gclose(open)}; }, where, what);
}
Hdf5Handle dataset_handle(std::int64_t id, std::string const& where, std::string const& what) {
  return handle(
      id, [](std::int64_t open) { return int{H5Dclose(open)}; }, where, what);
}
Hdf5Handle object_handle(std::int64_t id, std::string const& where, std::string const& what) {
  return handle(
      id, [](std::int64_t open) { return int{H5Oclose(open)}; }, where, what);
}
Hdf5Handle attribute_handle(std::int64_t id, std::string const& where, std::string const& what) {
  return handle(
      id, [](std::int64_t open) { return int{H5Aclose(open)}; }, where, what);
}
Hdf5Handle type_handle(std::int64_t id, std::string const& where) {
  return handle(
      id, [](std::int64_t open) { return int{H5Tclose(open)}; }, where, "asked for its type");
}
Hdf5Handle space_handle(std::int64_t id, std::string const& where, std::string const& what) {
  return handle(
      id, [](std::int64_t open) { return int{H5Sclose(open)}; }, where, what);
}
Hdf5Handle properties_handle(std::int64_t id, std::string const& where) {
  return handle(
      id, [](std::int64_t open) { return int{H5Pclose(open)}; }, where, "prepared");
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

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), [](std::int64_t open) { return int{H5Tclose(open)}; });
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

}  // namespace tvem::hdf5
