#include <algorithm>

#include <hdf5.h>
#include <hdf5_hl.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

Hdf5Handle space_of(Hdf5Handle const& dataset, std::string const& where) {
  return hdf5::owned(H5Dget_space(dataset.id()), where, "asked for its shape");
}

Hdf5Handle type_of(Hdf5Handle const& dataset, std::string const& where) {
  return hdf5::owned(H5Dget_type(dataset.id()), where, "asked for its type");
}

void read_all(Hdf5Handle const& dataset, std::int64_t type, void* values,
              std::string const& where) {
  hdf5::checked(H5Dread(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), where, "read");
}

/// The number of values of a dataset that is to be read. Throws Error when they are in another
/// file, or would not fit into memory.
std::size_t n_values(Hdf5Handle const& dataset, std::size_t value_bytes, std::string const& where) {
  Hdf5Handle const creation =
      hdf5::owned(H5Dget_create_plist(dataset.id()), where, "asked how it is stored");
  if (H5Pget_layout(creation.id()) == H5D_VIRTUAL || H5Pget_external_count(creation.id()) != 0)
    throw Error(where + " has its values in another file; copy them into this one");
  std::uint64_t n = 1;
  std::uint64_t const most = hdf5_memory() / std::max<std::size_t>(value_bytes, 1);
  for (std::size_t const extent : hdf5::extents_of(space_of(dataset, where), where)) {
    if (n > 0 && extent > most / n)
      throw Error(where + " has more values than fit into half of the machine's memory");
    n *= extent;
  }
  return n;
}

}  // namespace

std::uint64_t hdf5_memory() {
  std::uint64_t const pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  return pages * page_bytes / 2;
}

Hdf5Handle Hdf5Group::open_dataset(std::string const& name) const {
  return hdf5::owned(H5Dopen2(handle_.id(), name.c_str(), H5P_DEFAULT), at(name), "found");
}

Hdf5Group::Shape Hdf5Group::shape(std::string const& name) const {
  return hdf5::extents_of(space_of(open_dataset(name), at(name)), at(name));
}

Hdf5Kind Hdf5Group::kind(std::string const& name) const {
  H5I_type_t const object = H5Iget_type(open_member(name).id());
  if (object == H5I_GROUP) return Hdf5Kind::group;
  if (object != H5I_DATASET) return Hdf5Kind::other;
  switch (H5Tget_class(type_of(open_dataset(name), at(name)).id())) {
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

Hdf5Group::Names Hdf5Group::fields(std::string const& name) const {
  Hdf5Handle const type = type_of(open_dataset(name), at(name));
  Names names;
  unsigned const n = std::max(H5Tget_nmembers(type.id()), 0);
  for (unsigned i = 0; i < n; ++i) {
    char* const field = H5Tget_member_name(type.id(), i);
    names.emplace_back(field ? field : "");
    H5free_memory(field);
  }
  return names;
}

// ---- writing

Hdf5Handle Hdf5Group::create_dataset(std::string const& name, std::int64_t type,
                                     Shape const& shape) const {
  std::vector<hsize_t> const extents(shape.begin(), shape.end());
  int const rank = count_of(extents);
  Hdf5Handle const space =
      hdf5::owned(H5Screate_simple(rank, extents.data(), nullptr), at(name), "given a shape");
  hid_t const id = H5Dcreate2(handle_.id(), name.c_str(), type, space.id(), H5P_DEFAULT,
                              H5P_DEFAULT, H5P_DEFAULT);
  return hdf5::owned(id, at(name), "made");
}

void Hdf5Group::make_scale(Hdf5Handle const& dataset, std::string const& name,
                           Hdf5Description const& description) const {
  hdf5::checked(H5DSset_scale(dataset.id(), name.c_str()), at(name), "made a dimension");
  describe(name, description);
}

void Hdf5Group::attach(Hdf5Handle const& dataset, std::string const& name, Names const& dimensions,
                       Hdf5Description const& description) const {
  for (unsigned axis = 0; axis < dimensions.size(); ++axis)
    hdf5::checked(H5DSattach_scale(dataset.id(), open_dataset(dimensions[axis]).id(), axis),
                  at(dimensions[axis]), "attached as a dimension");
  describe(name, description);
}

void Hdf5Group::describe(std::string const& name, Hdf5Description const& description) const {
  set_member_attribute(name, "long_name", description.long_name);
  if (!description.units.empty()) set_member_attribute(name, "units", description.units);
}

Hdf5Group::Shape Hdf5Group::sizes_of(Names const& dimensions) const {
  Shape sizes;
  for (auto const& dimension : dimensions) sizes.push_back(shape(dimension).at(0));
  return sizes;
}

template <class T>
Hdf5Handle Hdf5Group::write_values(std::string const& name, std::span<T const> values,
                                   Shape const& shape) const {
  TVEM_CHECK(hdf5::product(shape) == values.size(), at(name) + " does not fit its shape");
  Hdf5Handle dataset = create_dataset(name, hdf5::file_type<T>(), shape);
  void const* data = values.data();
  std::vector<char const*> texts;
  if constexpr (std::is_same_v<T, std::string>) {
    for (std::string const& value : values) texts.push_back(value.c_str());
    data = texts.data();
  }
  hdf5::checked(H5Dwrite(dataset.id(), hdf5::memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
                at(name), "written");
  return dataset;
}

template <class T>
void Hdf5Group::write_coordinate_of(std::string const& name, std::span<T const> values,
                                    Hdf5Description const& description) const {
  make_scale(write_values(name, values, {values.size()}), name, description);
}

template <class T>
void Hdf5Group::write_over(std::string const& name, std::span<T const> values,
                           Names const& dimensions, Hdf5Description const& description) const {
  attach(write_values(name, values, sizes_of(dimensions)), name, dimensions, description);
}

template <class T>
void Hdf5Group::write_shaped(std::string const& name, std::span<T const> values, Shape const& shape,
                             Hdf5Description const& description) const {
  write_values(name, values, shape);
  describe(name, description);
}

void Hdf5Group::write_dimension(std::string const& name, std::size_t size) const {
  // What the netCDF-4 library calls a dimension that has no variable; readers recognise the words.
  auto const words =
      fmt::format("This is a netCDF dimension but not a netCDF variable.{:10}", size);
  Hdf5Handle const dataset = create_dataset(name, H5T_IEEE_F32BE, {size});
  hdf5::checked(H5DSset_scale(dataset.id(), words.c_str()), at(name), "made a dimension");
}

template <class T>
void Hdf5Group::create(std::string const& name, Names const& dimensions,
                       Hdf5Description const& description) const {
  attach(create_dataset(name, hdf5::file_type<T>(), sizes_of(dimensions)), name, dimensions,
         description);
}

template <class T>
void Hdf5Group::create_coordinate(std::string const& name, std::size_t size,
                                  Hdf5Description const& description) const {
  make_scale(create_dataset(name, hdf5::file_type<T>(), {size}), name, description);
}

template <class T>
void Hdf5Group::write_along(std::string const& name, bool is_along_first, std::size_t first,
                            std::span<T const> values) const {
  if (values.empty()) return;
  Hdf5Handle const dataset = open_dataset(name), space = space_of(dataset, at(name));
  Shape count = hdf5::extents_of(space, at(name)), start(count.size(), 0);
  std::size_t const axis = is_along_first ? 0 : count.size() - 1;
  start[axis] = first;
  count[axis] = 1;
  count[axis] = values.size() / std::max<std::size_t>(hdf5::product(count), 1);
  TVEM_CHECK(hdf5::product(count) == values.size(), at(name) + " does not fit its part");
  Hdf5Handle const in_memory = hdf5::select(space, start, count, at(name));
  hdf5::checked(H5Dwrite(dataset.id(), hdf5::memory_type<T>(), in_memory.id(), space.id(),
                         H5P_DEFAULT, values.data()),
                at(name), "written");
}

// ---- reading

template <class T>
std::vector<T> Hdf5Group::read_rows(std::string const& name, std::size_t first,
                                    std::size_t n) const {
  Hdf5Handle const dataset = open_dataset(name), space = space_of(dataset, at(name));
  n_values(dataset, sizeof(T), at(name));
  Shape count = hdf5::extents_of(space, at(name)), start(count.size(), 0);
  if (count.empty() || n == 0) return {};
  start.front() = first;
  count.front() = n;
  std::vector<T> values(hdf5::product(count));
  Hdf5Handle const in_memory = hdf5::select(space, start, count, at(name));
  hdf5::checked(H5Dread(dataset.id(), hdf5::memory_type<T>(), in_memory.id(), space.id(),
                        H5P_DEFAULT, values.data()),
                at(name), "read");
  return values;
}

template <class T>
std::vector<T> Hdf5Group::read(std::string const& name) const {
  Hdf5Handle const dataset = open_dataset(name);
  std::vector<T> values(n_values(dataset, sizeof(T), at(name)));
  read_all(dataset, hdf5::memory_type<T>(), values.data(), at(name));
  return values;
}

Hdf5Group::Names Hdf5Group::read_text(std::string const& name) const {
  Hdf5Handle const dataset = open_dataset(name);
  // In the file's own type: HDF5 does not convert between character sets or lengths.
  Hdf5Handle const type = type_of(dataset, at(name));
  if (H5Tget_class(type.id()) != H5T_STRING) throw Error(at(name) + " does not hold texts");
  std::size_t const size = H5Tget_size(type.id()), n = n_values(dataset, size, at(name));
  Names values;
  if (H5Tis_variable_str(type.id()) > 0) {
    std::vector<char*> pointers(n, nullptr);
    read_all(dataset, type.id(), pointers.data(), at(name));
    for (char* const pointer : pointers) {
      values.emplace_back(pointer ? pointer : "");
      H5free_memory(pointer);
    }
    return values;
  }
  std::string texts(n * size, '\0');
  read_all(dataset, type.id(), texts.data(), at(name));
  bool const is_padded = H5Tget_strpad(type.id()) == H5T_STR_SPACEPAD;
  for (std::size_t i = 0; i < n; ++i) {
    std::string const text = texts.substr(i * size, size);
    values.push_back(text.substr(0, text.find('\0')));
    if (is_padded) values.back().erase(values.back().find_last_not_of(' ') + 1);
  }
  return values;
}

#define TVEM_INSTANTIATE_TEXT(T)                                                            \
  template void Hdf5Group::write_coordinate_of(std::string const&, std::span<T const>,      \
                                               Hdf5Description const&) const;               \
  template void Hdf5Group::write_over(std::string const&, std::span<T const>, Names const&, \
                                      Hdf5Description const&) const;
#define TVEM_INSTANTIATE(T)                                                                       \
  TVEM_INSTANTIATE_TEXT(T)                                                                        \
  template void Hdf5Group::write_shaped(std::string const&, std::span<T const>, Shape const&,     \
                                        Hdf5Description const&) const;                            \
  template void Hdf5Group::create<T>(std::string const&, Names const&, Hdf5Description const&)    \
      const;                                                                                      \
  template void Hdf5Group::create_coordinate<T>(std::string const&, std::size_t,                  \
                                                Hdf5Description const&) const;                    \
  template void Hdf5Group::write_along(std::string const&, bool, std::size_t, std::span<T const>) \
      const;                                                                                      \
  template std::vector<T> Hdf5Group::read_rows(std::string const&, std::size_t, std::size_t)      \
      const;                                                                                      \
  template std::vector<T> Hdf5Group::read(std::string const&) const;
TVEM_INSTANTIATE_TEXT(std::string)
TVEM_INSTANTIATE(double)
TVEM_INSTANTIATE(float)
TVEM_INSTANTIATE(std::int64_t)
TVEM_INSTANTIATE(int)
TVEM_INSTANTIATE(std::int8_t)

}  // namespace tvem
