#include <algorithm>
#include <array>
#include <cstdio>

#include <hdf5.h>
#include <hdf5_hl.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

std::size_t product(std::vector<std::size_t> const& shape) {
  std::size_t size = 1;
  for (std::size_t const extent : shape) size *= extent;
  return size;
}

std::vector<std::size_t> shape_of(Hdf5Handle const& dataset, std::string const& where) {
  Hdf5Handle const space =
      hdf5::space_handle(H5Dget_space(dataset.id()), where, "asked for its shape");
  int const rank = hdf5::checked(H5Sget_simple_extent_ndims(space.id()), where, "measured");
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  hdf5::checked(H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr), where, "measured");
  return {extent.begin(), extent.end()};
}

/// A dataset whose coordinate or dimension `name` others attach.
void make_scale(Hdf5Handle const& dataset, std::string const& where, std::string const& name) {
  hdf5::checked(H5DSset_scale(dataset.id(), name.c_str()), where, "made a dimension");
}

void write_all(Hdf5Handle const& dataset, std::int64_t type, void const* values,
               std::string const& where) {
  hdf5::checked(H5Dwrite(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), where,
                "written");
}

void read_all(Hdf5Handle const& dataset, std::int64_t type, void* values,
              std::string const& where) {
  hdf5::checked(H5Dread(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), where, "read");
}

Hdf5Handle type_of(Hdf5Handle const& dataset) {
  return {H5Dget_type(dataset.id()), [](std::int64_t open) { return int{H5Tclose(open)}; }};
}

/// The number of values of a dataset that is to be read. Throws Error when they are in another
/// file, or would not fit into memory.
std::size_t n_values(Hdf5Handle const& dataset, std::size_t value_bytes, std::string const& where) {
  Hdf5Handle const creation = hdf5::properties_handle(H5Dget_create_plist(dataset.id()), where);
  if (H5Pget_layout(creation.id()) == H5D_VIRTUAL || H5Pget_external_count(creation.id()) != 0)
    throw Error(where + " has its values in another file; copy them into this one");
  std::uint64_t n = 1;
  std::uint64_t const most = hdf5_memory() / std::max<std::size_t>(value_bytes, 1);
  for (std::size_t const extent : shape_of(dataset, where)) {
    if (n > 0 && extent > most / n)
      throw Error(where + " has more values than fit into half of the machine's memory");
    n *= extent;
  }
  return n;
}

}  // namespace

std::uint64_t hdf5_memory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 2;
}

Hdf5Handle Hdf5Group::open_dataset(std::string const& name) const {
  return hdf5::dataset_handle(H5Dopen2(handle_.id(), name.c_str(), H5P_DEFAULT), at(name), "found");
}

Hdf5Handle Hdf5Group::create_dataset(std::string const& name, std::int64_t type,
                                     std::vector<std::size_t> const& shape) const {
  std::vector<hsize_t> const extent(shape.begin(), shape.end());
  Hdf5Handle const space =
      hdf5::space_handle(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                         at(name), "given a shape");
  hid_t const id = H5Dcreate2(handle_.id(), name.c_str(), type, space.id(), H5P_DEFAULT,
                              H5P_DEFAULT, H5P_DEFAULT);
  return hdf5::dataset_handle(id, at(name), "made");
}

void Hdf5Group::attach(Hdf5Handle const& dataset,
                       std::vector<std::string> const& dimensions) const {
  for (std::size_t axis = 0; axis < dimensions.size(); ++axis) {
    Hdf5Handle const scale = open_dataset(dimensions[axis]);
    hdf5::checked(H5DSattach_scale(dataset.id(), scale.id(), static_cast<unsigned>(axis)),
                  at(dimensions[axis]), "attached as a dimension");
  }
}

std::vector<std::size_t> Hdf5Group::sizes_of(std::vector<std::string> const& dimensions) const {
  std::vector<std::size_t> sizes;
  for (auto const& dimension : dimensions) sizes.push_back(shape(dimension).at(0));
  return sizes;
}

std::vector<std::size_t> Hdf5Group::shape(std::string const& name) const {
  return shape_of(open_dataset(name), at(name));
}

Hdf5Kind Hdf5Group::kind(std::string const& name) const {
  H5I_type_t const object = H5Iget_type(open_member(name).id());
  if (object == H5I_GROUP) return Hdf5Kind::group;
  if (object != H5I_DATASET) return Hdf5Kind::other;
  Hdf5Handle const dataset = open_dataset(name);
  Hdf5Handle const type = type_of(dataset);
  switch (H5Tget_class(type.id())) {
    case H5T_INTEGER:
    case H5T_ENUM:
      return Hdf5Kind::integer;
    case H5T_FLOAT:
      return Hdf5Kind::real;
    case H5T_STRING:
      return Hdf5Kind::text;
    case H5T_COMPOUND:
      return Hdf5Kind::records;
    case H5T_REFERENCE:
      return Hdf5Kind::references;
    default:
      return Hdf5Kind::other;
  }
}

// ---- writing

template <class T>
Hdf5Handle Hdf5Group::write_numbers(std::string const& name, std::span<T const> values,
                                    std::vector<std::size_t> const& shape) const {
  TVEM_CHECK(product(shape) == values.size(), at(name) + " does not fit its shape");
  Hdf5Handle dataset = create_dataset(name, hdf5::file_type<T>(), shape);
  write_all(dataset, hdf5::memory_type<T>(), values.data(), at(name));
  return dataset;
}

Hdf5Handle Hdf5Group::write_texts(std::string const& name, std::vector<std::string> const& values,
                                  std::vector<std::size_t> const& shape) const {
  TVEM_CHECK(product(shape) == values.size(), at(name) + " does not fit its shape");
  std::vector<char const*> pointers;
  for (auto const& value : values) pointers.push_back(value.c_str());
  Hdf5Handle const type = hdf5::text_type();
  Hdf5Handle dataset = create_dataset(name, type.id(), shape);
  write_all(dataset, type.id(), pointers.data(), at(name));
  return dataset;
}

template <class T>
void Hdf5Group::write_coordinate(std::string const& name, std::span<T const> values,
                                 Hdf5Description const& description) const {
  Hdf5Handle const dataset = write_numbers(name, values, {values.size()});
  make_scale(dataset, at(name), name);
  hdf5::describe(dataset.id(), at(name), description);
}

void Hdf5Group::write_coordinate(std::string const& name, std::vector<std::string> const& values,
                                 Hdf5Description const& description) const {
  Hdf5Handle const dataset = write_texts(name, values, {values.size()});
  make_scale(dataset, at(name), name);
  hdf5::describe(dataset.id(), at(name), description);
}

void Hdf5Group::write_dimension(std::string const& name, std::size_t size) const {
  // What the netCDF-4 library calls a dimension that has no variable; readers recognise the words.
  std::array<char, 80> words{};
  std::snprintf(words.data(), words.size(),
                "This is a netCDF dimension but not a netCDF variable.%10d",
                static_cast<int>(size));
  Hdf5Handle const dataset = create_dataset(name, H5T_IEEE_F32BE, {size});
  make_scale(dataset, at(name), words.data());
}

template <class T>
void Hdf5Group::write(std::string const& name, std::span<T const> values,
                      std::vector<std::string> const& dimensions,
                      Hdf5Description const& description) const {
  Hdf5Handle const dataset = write_numbers(name, values, sizes_of(dimensions));
  attach(dataset, dimensions);
  hdf5::describe(dataset.id(), at(name), description);
}

void Hdf5Group::write(std::string const& name, std::vector<std::string> const& values,
                      std::vector<std::string> const& dimensions,
                      Hdf5Description const& description) const {
  Hdf5Handle const dataset = write_texts(name, values, sizes_of(dimensions));
  attach(dataset, dimensions);
  hdf5::describe(dataset.id(), at(name), description);
}

template <class T>
void Hdf5Group::create(std::string const& name, std::vector<std::string> const& dimensions,
                       Hdf5Description const& description) const {
  Hdf5Handle const dataset = create_dataset(name, hdf5::file_type<T>(), sizes_of(dimensions));
  attach(dataset, dimensions);
  hdf5::describe(dataset.id(), at(name), description);
}

template <class T>
void Hdf5Group::create_coordinate(std::string const& name, std::size_t size,
                                  Hdf5Description const& description) const {
  Hdf5Handle const dataset = create_dataset(name, hdf5::file_type<T>(), {size});
  make_scale(dataset, at(name), name);
  hdf5::describe(dataset.id(), at(name), description);
}

template <class T>
void Hdf5Group::write_part(std::string const& name, std::size_t first,
                           std::span<T const> values) const {
  Hdf5Handle const dataset = open_dataset(name);
  auto const shape = shape_of(dataset, at(name));
  std::vector<hsize_t> start(shape.size(), 0), count(shape.begin(), shape.end());
  start.back() = first;
  count.back() = 1;
  count.back() = values.size() / std::max<std::size_t>(product({count.begin(), count.end()}), 1);
  TVEM_CHECK(product({count.begin(), count.end()}) == values.size(),
             at(name) + " does not fit its part");
  Hdf5Handle const in_file = hdf5::space_handle(H5Dget_space(dataset.id()), at(name), "measured");
  Hdf5Handle const in_memory = hdf5::space_handle(
      H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), at(name), "sized");
  hdf5::checked(H5Sselect_hyperslab(in_file.id(), H5S_SELECT_SET, start.data(), nullptr,
                                    count.data(), nullptr),
                at(name), "selected");
  hdf5::checked(H5Dwrite(dataset.id(), hdf5::memory_type<T>(), in_memory.id(), in_file.id(),
                         H5P_DEFAULT, values.data()),
                at(name), "written");
}

template <class T>
void Hdf5Group::write_array(std::string const& name, std::span<T const> values,
                            std::vector<std::size_t> const& shape,
                            Hdf5Description const& description) const {
  Hdf5Handle const dataset = write_numbers(name, values, shape);
  hdf5::describe(dataset.id(), at(name), description);
}

// ---- reading

template <class T>
std::vector<T> Hdf5Group::read(std::string const& name) const {
  Hdf5Handle const dataset = open_dataset(name);
  std::vector<T> values(n_values(dataset, sizeof(T), at(name)));
  read_all(dataset, hdf5::memory_type<T>(), values.data(), at(name));
  return values;
}

std::vector<std::string> Hdf5Group::read_text(std::string const& name) const {
  Hdf5Handle const dataset = open_dataset(name);
  // In the file's own type: HDF5 does not convert between character sets or lengths.
  Hdf5Handle const type = type_of(dataset);
  if (H5Tget_class(type.id()) != H5T_STRING) throw Error(at(name) + " does not hold texts");
  std::size_t const size = H5Tget_size(type.id());
  std::size_t const n = n_values(dataset, size, at(name));
  std::vector<std::string> values;
  if (H5Tis_variable_str(type.id()) > 0) {
    std::vector<char*> pointers(n, nullptr);
    read_all(dataset, type.id(), pointers.data(), at(name));
    for (char* const pointer : pointers) {
      values.emplace_back(pointer ? pointer : "");
      H5free_memory(pointer);
    }
    return values;
  }
  std::vector<char> texts(n * size);
  read_all(dataset, type.id(), texts.data(), at(name));
  for (std::size_t i = 0; i < n; ++i) {
    std::string const text(texts.data() + i * size, size);
    values.push_back(text.substr(0, text.find('\0')));
    if (H5Tget_strpad(type.id()) == H5T_STR_SPACEPAD)
      values.back().erase(values.back().find_last_not_of(' ') + 1);
  }
  return values;
}

#define TVEM_INSTANTIATE(T)                                                                       \
  template void Hdf5Group::write_coordinate(std::string const&, std::span<T const>,               \
                                            Hdf5Description const&) const;                        \
  template void Hdf5Group::write(std::string const&, std::span<T const>,                          \
                                 std::vector<std::string> const&, Hdf5Description const&) const;  \
  template void Hdf5Group::write_array(std::string const&, std::span<T const>,                    \
                                       std::vector<std::size_t> const&, Hdf5Description const&)   \
      const;                                                                                      \
  template void Hdf5Group::create<T>(std::string const&, std::vector<std::string> const&,         \
                                     Hdf5Description const&) const;                               \
  template void Hdf5Group::create_coordinate<T>(std::string const&, std::size_t,                  \
                                                Hdf5Description const&) const;                    \
  template void Hdf5Group::write_part(std::string const&, std::size_t, std::span<T const>) const; \
  template std::vector<T> Hdf5Group::read(std::string const&) const;
TVEM_INSTANTIATE(double)
TVEM_INSTANTIATE(float)
TVEM_INSTANTIATE(std::int64_t)
TVEM_INSTANTIATE(int)
TVEM_INSTANTIATE(std::int8_t)

}  // namespace tvem
