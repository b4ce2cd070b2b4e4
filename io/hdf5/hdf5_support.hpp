#pragma once

#include <cstdint>
#include <string>

#include "io/hdf5/hdf5.hpp"

namespace tvem::hdf5 {

// What the sources behind hdf5.hpp share. Identifiers are hid_t, which is std::int64_t, so that
// HDF5's own header stays in the sources.

/// Comes before any other call of HDF5: unless it is told not to, the library prints its error
/// stack to the terminal, and closes files at the program's end.
void prepare();

/// Throws Error: `where` could not be done `what`, and why as far as HDF5 knows.
[[noreturn]] void fail(std::string const& where, std::string const& what);

/// An identifier or status that HDF5 returned: negative means failure.
template <class Result>
Result checked(Result result, std::string const& where, std::string const& what) {
  if (result < 0) fail(where, what);
  return result;
}

/// Takes ownership of what HDF5 just returned; throws Error when that was a failure.
Hdf5Handle owned(std::int64_t id, std::string const& where, std::string const& what);

Hdf5Group::Shape extents_of(Hdf5Handle const& space, std::string const& where);
std::uint64_t product(Hdf5Group::Shape const& extents);

/// Selects the values of a space from `start` on; returns the space that they have in memory.
Hdf5Handle select(Hdf5Handle const& space, Hdf5Group::Shape const& start,
                  Hdf5Group::Shape const& count, std::string const& where);

template <class T>
std::int64_t memory_type();
/// The type of T in a file: little-endian and of fixed width, whatever machine writes. Text is
/// UTF-8 of variable length: what h5py, h5netcdf and netCDF-4 read as strings.
template <class T>
std::int64_t file_type();

}  // namespace tvem::hdf5
