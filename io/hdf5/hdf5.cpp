#include "io/hdf5/hdf5.hpp"

#include <hdf5.h>

#include "io/durable/digest.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

/// Files are replaced whole and never changed in place, so they need no locks; some cluster file
/// systems have none, and HDF5 would refuse to open files there.
void switch_off_locking([[maybe_unused]] Hdf5Handle const& access) {
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 11, 0))
  H5Pset_file_locking(access.id(), false, true);
#endif
}

Hdf5Handle access_properties(std::string const& where) {
  Hdf5Handle access = hdf5::owned(H5Pcreate(H5P_FILE_ACCESS), where, "prepared");
  switch_off_locking(access);
  return access;
}

/// Closes by H5Fclose: other than the end of a last reference, it stops when the disk is full.
Hdf5Handle owned_file(hid_t id, std::string const& where, std::string const& what) {
  return {hdf5::checked(id, where, what), [](std::int64_t open) { return int{H5Fclose(open)}; }};
}

}  // namespace

Hdf5File Hdf5File::create(fs::path const& path) {
  hdf5::prepare();
  std::string const where = path.string();
  Hdf5Handle const creation = hdf5::owned(H5Pcreate(H5P_FILE_CREATE), where, "prepared");
  hdf5::checked(H5Pset_userblock(creation.id(), user_block_bytes), where, "given a user block");
  Hdf5Handle const access = access_properties(where);
  hid_t const id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id());
  return {owned_file(id, where, "made"), path};
}

Hdf5File Hdf5File::open(fs::path const& path) {
  hdf5::prepare();
  std::string const where = path.string();
  Hdf5Handle const access = access_properties(where);
  hid_t const id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id());
  return {owned_file(id, where, "opened"), path};
}

Hdf5Group Hdf5File::root() const {
  std::string const where = path_.string() + ": ";
  hid_t const id = H5Gopen2(handle_.id(), "/", H5P_DEFAULT);
  return {hdf5::owned(id, where + "/", "opened"), where};
}

void Hdf5File::close() {
  hdf5::checked(H5Fflush(handle_.id(), H5F_SCOPE_LOCAL), path_.string(), "written whole");
  if (!handle_.close()) hdf5::fail(path_.string(), "closed");
}

Hdf5Group Hdf5Group::create_group(std::string const& name) const {
  hid_t const id = H5Gcreate2(handle_.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  return {hdf5::owned(id, at(name), "made"), at(name)};
}

Hdf5Group Hdf5Group::open_group(std::string const& name) const {
  hid_t const id = H5Gopen2(handle_.id(), name.c_str(), H5P_DEFAULT);
  return {hdf5::owned(id, at(name), "found"), at(name)};
}

bool Hdf5Group::has(std::string const& name) const {
  return H5Lexists(handle_.id(), name.c_str(), H5P_DEFAULT) > 0;
}

Hdf5Group::Names Hdf5Group::members() const {
  Names names;
  auto const collect = [](hid_t, char const* name, H5L_info_t const*, void* list) -> herr_t {
    static_cast<Names*>(list)->emplace_back(name);
    return 0;
  };
  hdf5::checked(H5Literate(handle_.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names),
                where_, "listed");
  return names;
}

}  // namespace tvem
