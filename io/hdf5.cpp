#include "tvem/io/hdf5.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <hdf5.h>
#include <hdf5_hl.h>

#include "tvem/core/error.hpp"
#include "tvem/io/digest.hpp"

namespace tvem {
namespace {

static_assert(sizeof(hid_t) == sizeof(std::int64_t));

/// HDF5 prints its error stack to the terminal unless it is told not to; ours are exceptions.
void silence_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

/// An identifier or status that HDF5 returned: negative means failure.
template <class Result>
Result checked(Result result, std::string const& where, char const* what) {
  if (result < 0)
    throw Error(
        where + ": HDF5 could not " + what +
        "; see whether the disk is full, the folder is gone or the file is of another kind");
  return result;
}

int close_file(std::int64_t id) { return H5Fclose(id); }
int close_group(std::int64_t id) { return H5Gclose(id); }
int close_dataset(std::int64_t id) { return H5Dclose(id); }
int close_object(std::int64_t id) { return H5Oclose(id); }
int close_space(std::int64_t id) { return H5Sclose(id); }
int close_type(std::int64_t id) { return H5Tclose(id); }
int close_attribute(std::int64_t id) { return H5Aclose(id); }
int close_properties(std::int64_t id) { return H5Pclose(id); }

template <class T>
hid_t native_type();
template <>
hid_t native_type<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t native_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t native_type<std::int64_t>() {
  return H5T_NATIVE_INT64;
}
template <>
hid_t native_type<int>() {
  return H5T_NATIVE_INT;
}
template <>
hid_t native_type<std::int8_t>() {
  return H5T_NATIVE_INT8;
}

/// Variable-length UTF-8: what h5py, h5netcdf and netCDF-4 read as strings.
Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), close_type);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

void write_attribute(std::int64_t object, std::string const& where, std::string const& name,
                     hid_t type, void const* value) {
  Hdf5Handle const space(checked(H5Screate(H5S_SCALAR), where, "make an attribute"), close_space);
  Hdf5Handle const attribute(
      checked(H5Acreate2(object, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT), where,
              "make an attribute"),
      close_attribute);
  checked(H5Awrite(attribute.id(), type, value), where, "write an attribute");
}

void write_attribute(std::int64_t object, std::string const& where, std::string const& name,
                     std::string const& value) {
  Hdf5Handle const type = text_type();
  char const* const text = value.c_str();
  write_attribute(object, where, name, type.id(), &text);
}

template <class T>
T read_attribute(std::int64_t object, std::string const& where, std::string const& name) {
  Hdf5Handle const attribute(checked(H5Aopen(object, name.c_str(), H5P_DEFAULT), where,
                                     ("find the attribute " + name).c_str()),
                             close_attribute);
  T value{};
  checked(H5Aread(attribute.id(), native_type<T>(), &value), where, "read an attribute");
  return value;
}

std::string read_text_attribute(std::int64_t object, std::string const& where,
                                std::string const& name) {
  Hdf5Handle const attribute(checked(H5Aopen(object, name.c_str(), H5P_DEFAULT), where,
                                     ("find the attribute " + name).c_str()),
                             close_attribute);
  Hdf5Handle const type = text_type();
  char* text = nullptr;
  checked(H5Aread(attribute.id(), type.id(), &text), where, "read an attribute");
  std::string const value = text ? text : "";
  H5free_memory(text);
  return value;
}

void describe(std::int64_t object, std::string const& where, Hdf5Description const& description) {
  write_attribute(object, where, "long_name", description.long_name);
  if (!description.units.empty()) write_attribute(object, where, "units", description.units);
}

std::vector<std::size_t> shape_of(Hdf5Handle const& dataset, std::string const& where) {
  Hdf5Handle const space(checked(H5Dget_space(dataset.id()), where, "read a shape"), close_space);
  int const rank = checked(H5Sget_simple_extent_ndims(space.id()), where, "read a shape");
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  checked(H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr), where, "read a shape");
  return {extent.begin(), extent.end()};
}

std::size_t product(std::vector<std::size_t> const& shape) {
  std::size_t size = 1;
  for (std::size_t const extent : shape) size *= extent;
  return size;
}

}  // namespace

// ---- file
// -------------------------------------------------------------------------------------------

Hdf5File Hdf5File::create(std::filesystem::path const& path) {
  silence_hdf5();
  Hdf5Handle const properties(H5Pcreate(H5P_FILE_CREATE), close_properties);
  checked(H5Pset_userblock(properties.id(), user_block_bytes), path.string(), "set the user block");
  hid_t const id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties.id(), H5P_DEFAULT);
  return {Hdf5Handle(checked(id, path.string(), "make the file"), close_file), path};
}

Hdf5File Hdf5File::open(std::filesystem::path const& path) {
  silence_hdf5();
  hid_t const id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  return {Hdf5Handle(checked(id, path.string(), "open the file"), close_file), path};
}

Hdf5Group Hdf5File::root() const {
  hid_t const id = H5Gopen2(handle_.id(), "/", H5P_DEFAULT);
  return {Hdf5Handle(checked(id, path_.string(), "open the root group"), close_group),
          path_.string() + ": "};
}

void Hdf5File::close() {
  bool const is_written = H5Fflush(handle_.id(), H5F_SCOPE_LOCAL) >= 0;
  bool const is_closed = handle_.close();
  if (!is_written || !is_closed)
    throw Error(path_.string() +
                ": the file could not be written whole; see whether the disk is full");
}

// ---- groups and attributes
// --------------------------------------------------------------------------

Hdf5Group Hdf5Group::create_group(std::string const& name) const {
  hid_t const id = H5Gcreate2(handle_.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  return {Hdf5Handle(checked(id, at(name), "make the group"), close_group), at(name)};
}

Hdf5Group Hdf5Group::open_group(std::string const& name) const {
  hid_t const id = H5Gopen2(handle_.id(), name.c_str(), H5P_DEFAULT);
  return {Hdf5Handle(checked(id, at(name), "open the group"), close_group), at(name)};
}

bool Hdf5Group::has(std::string const& name) const {
  return H5Lexists(handle_.id(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Hdf5Group::members() const {
  std::vector<std::string> names;
  auto const collect = [](hid_t, char const* name, H5L_info_t const*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  checked(H5Literate(handle_.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), where_,
          "list the members");
  return names;
}

void Hdf5Group::set_attribute(std::string const& name, std::string const& value) const {
  write_attribute(handle_.id(), where_, name, value);
}
void Hdf5Group::set_attribute(std::string const& name, std::int64_t value) const {
  write_attribute(handle_.id(), where_, name, H5T_NATIVE_INT64, &value);
}
void Hdf5Group::set_attribute(std::string const& name, double value) const {
  write_attribute(handle_.id(), where_, name, H5T_NATIVE_DOUBLE, &value);
}

std::string Hdf5Group::text_attribute(std::string const& name) const {
  return read_text_attribute(handle_.id(), where_, name);
}
std::int64_t Hdf5Group::integer_attribute(std::string const& name) const {
  return read_attribute<std::int64_t>(handle_.id(), where_, name);
}
double Hdf5Group::real_attribute(std::string const& name) const {
  return read_attribute<double>(handle_.id(), where_, name);
}

void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     std::string const& value) const {
  write_attribute(open_member(member).id(), at(member), name, value);
}
void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     std::int64_t value) const {
  write_attribute(open_member(member).id(), at(member), name, H5T_NATIVE_INT64, &value);
}
std::string Hdf5Group::member_text_attribute(std::string const& member,
                                             std::string const& name) const {
  return read_text_attribute(open_member(member).id(), at(member), name);
}
std::int64_t Hdf5Group::member_integer_attribute(std::string const& member,
                                                 std::string const& name) const {
  return read_attribute<std::int64_t>(open_member(member).id(), at(member), name);
}

// ---- datasets
// ---------------------------------------------------------------------------------------

Hdf5Handle Hdf5Group::open_member(std::string const& name) const {
  hid_t const id = H5Oopen(handle_.id(), name.c_str(), H5P_DEFAULT);
  return {checked(id, at(name), "open the object"), close_object};
}

Hdf5Handle Hdf5Group::open_dataset(std::string const& name) const {
  hid_t const id = H5Dopen2(handle_.id(), name.c_str(), H5P_DEFAULT);
  return {checked(id, at(name), "find the dataset"), close_dataset};
}

Hdf5Handle Hdf5Group::create_dataset(std::string const& name, std::int64_t type,
                                     std::vector<std::size_t> const& shape) const {
  std::vector<hsize_t> const extent(shape.begin(), shape.end());
  Hdf5Handle const space(
      checked(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), at(name),
              "make the dataset"),
      close_space);
  hid_t const id = H5Dcreate2(handle_.id(), name.c_str(), type, space.id(), H5P_DEFAULT,
                              H5P_DEFAULT, H5P_DEFAULT);
  return {checked(id, at(name), "make the dataset"), close_dataset};
}

void Hdf5Group::make_scale(Hdf5Handle const& dataset, std::string const& name) const {
  checked(H5DSset_scale(dataset.id(), name.c_str()), at(name), "make a dimension");
}

void Hdf5Group::attach(Hdf5Handle const& dataset,
                       std::vector<std::string> const& dimensions) const {
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    Hdf5Handle const scale = open_dataset(dimensions[i]);
    checked(H5DSattach_scale(dataset.id(), scale.id(), static_cast<unsigned>(i)), at(dimensions[i]),
            "attach the dimension");
  }
}

std::vector<std::size_t> Hdf5Group::sizes_of(std::vector<std::string> const& dimensions) const {
  std::vector<std::size_t> sizes;
  for (auto const& dimension : dimensions) sizes.push_back(shape(dimension).at(0));
  return sizes;
}

void Hdf5Group::write_text(Hdf5Handle const& dataset, std::string const& name,
                           std::vector<std::string> const& values) const {
  std::vector<char const*> pointers;
  for (auto const& value : values) pointers.push_back(value.c_str());
  Hdf5Handle const type = text_type();
  checked(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()),
          at(name), "write the dataset");
}

template <class T>
void Hdf5Group::write_coordinate(std::string const& name, std::span<T const> values,
                                 Hdf5Description const& description) const {
  write_array(name, values, {values.size()});
  Hdf5Handle const dataset = open_dataset(name);
  make_scale(dataset, name);
  describe(dataset.id(), at(name), description);
}

void Hdf5Group::write_coordinate(std::string const& name, std::vector<std::string> const& values,
                                 Hdf5Description const& description) const {
  Hdf5Handle const type = text_type();
  Hdf5Handle const dataset = create_dataset(name, type.id(), {values.size()});
  write_text(dataset, name, values);
  make_scale(dataset, name);
  describe(dataset.id(), at(name), description);
}

void Hdf5Group::write_dimension(std::string const& name, std::size_t size) const {
  // What the netCDF-4 library calls a dimension that has no variable; readers recognise the words.
  char words[80];
  std::snprintf(words, sizeof words, "This is a netCDF dimension but not a netCDF variable.%10d",
                static_cast<int>(size));
  Hdf5Handle const dataset = create_dataset(name, H5T_IEEE_F32BE, {size});
  make_scale(dataset, words);
}

template <class T>
void Hdf5Group::write(std::string const& name, std::span<T const> values,
                      std::vector<std::string> const& dimensions,
                      Hdf5Description const& description) const {
  auto const shape = sizes_of(dimensions);
  TVEM_CHECK(product(shape) == values.size(), at(name) + " does not fit its dimensions");
  write_array(name, values, shape);
  Hdf5Handle const dataset = open_dataset(name);
  attach(dataset, dimensions);
  describe(dataset.id(), at(name), description);
}

void Hdf5Group::write(std::string const& name, std::vector<std::string> const& values,
                      std::string const& dimension, Hdf5Description const& description) const {
  TVEM_CHECK(sizes_of({dimension})[0] == values.size(), at(name) + " does not fit its dimension");
  Hdf5Handle const type = text_type();
  Hdf5Handle const dataset = create_dataset(name, type.id(), {values.size()});
  write_text(dataset, name, values);
  attach(dataset, {dimension});
  describe(dataset.id(), at(name), description);
}

template <class T>
void Hdf5Group::write_array(std::string const& name, std::span<T const> values,
                            std::vector<std::size_t> const& shape) const {
  TVEM_CHECK(product(shape) == values.size(), at(name) + " does not fit its shape");
  Hdf5Handle const dataset = create_dataset(name, native_type<T>(), shape);
  checked(H5Dwrite(dataset.id(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
          at(name), "write the dataset");
}

std::vector<std::size_t> Hdf5Group::shape(std::string const& name) const {
  return shape_of(open_dataset(name), at(name));
}

template <class T>
std::vector<T> Hdf5Group::read(std::string const& name) const {
  Hdf5Handle const dataset = open_dataset(name);
  std::vector<T> values(product(shape_of(dataset, at(name))));
  checked(H5Dread(dataset.id(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
          at(name), "read the dataset");
  return values;
}

std::vector<std::string> Hdf5Group::read_text(std::string const& name) const {
  Hdf5Handle const dataset = open_dataset(name);
  std::vector<char*> pointers(product(shape_of(dataset, at(name))), nullptr);
  Hdf5Handle const type = text_type();
  checked(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()),
          at(name), "read the dataset");
  std::vector<std::string> values;
  for (char* const pointer : pointers) {
    values.emplace_back(pointer ? pointer : "");
    H5free_memory(pointer);
  }
  return values;
}

#define TVEM_INSTANTIATE(T)                                                                      \
  template void Hdf5Group::write_coordinate(std::string const&, std::span<T const>,              \
                                            Hdf5Description const&) const;                       \
  template void Hdf5Group::write(std::string const&, std::span<T const>,                         \
                                 std::vector<std::string> const&, Hdf5Description const&) const; \
  template void Hdf5Group::write_array(std::string const&, std::span<T const>,                   \
                                       std::vector<std::size_t> const&) const;                   \
  template std::vector<T> Hdf5Group::read(std::string const&) const;
TVEM_INSTANTIATE(double)
TVEM_INSTANTIATE(float)
TVEM_INSTANTIATE(std::int64_t)
TVEM_INSTANTIATE(int)
TVEM_INSTANTIATE(std::int8_t)

}  // namespace tvem
