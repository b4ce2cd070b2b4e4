#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"

namespace tvem::hdf5 {

// What the sources behind hdf5.hpp share. Identifiers are hid_t, which is std::int64_t, so that
// HDF5's own header stays in the sources.

/// Before any other call of HDF5: it prints its error stack to the terminal, and closes files at
/// the program's end, unless it is told not to.
void prepare();

/// Throws Error: `where` could not be done `what`, and why as far as HDF5 knows.
[[noreturn]] void fail(std::string const& where, std::string const& what);

/// An identifier or status that HDF5 returned: negative means failure.
template <class Result>
Result checked(Result result, std::string const& where, std::string const& what) {
  if (result < 0) fail(where, what);
  return result;
}

// Takes ownership of what HDF5 just returned; throws Error when that was a failure.
Hdf5Handle file_handle(std::int64_t id, std::string const& where, std::string const& what);
Hdf5Handle group_handle(std::int64_t id, std::string const& where, std::string const& what);
Hdf5Handle dataset_handle(std::int64_t id, std::string const& where, std::string const& what);
Hdf5Handle object_handle(std::int64_t id, std::string const& where, std::string const& what);
Hdf5Handle attribute_handle(std::int64_t id, std::string const& where, std::string const& what);
Hdf5Handle type_handle(std::int64_t id, std::string const& where);
Hdf5Handle space_handle(std::int64_t id, std::string const& where, std::string const& what);
Hdf5Handle properties_handle(std::int64_t id, std::string const& where);

/// The type of T in memory.
template <class T>
std::int64_t memory_type();
/// The type of T in a file: little-endian and of fixed width, whatever machine writes.
template <class T>
std::int64_t file_type();
/// Variable-length UTF-8: what h5py, h5netcdf and netCDF-4 read as strings.
Hdf5Handle text_type();

void write_text_attribute(std::int64_t object, std::string const& where, std::string const& name,
                          std::string const& value);
/// long_name, and units unless they are empty.
void describe(std::int64_t object, std::string const& where, Hdf5Description const& description);

}  // namespace tvem::hdf5
