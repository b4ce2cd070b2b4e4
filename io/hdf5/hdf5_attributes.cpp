#include <hdf5.h>

#include "framework/core/error.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace hdf5 {
namespace {

void write_attribute(std::int64_t object, std::string const& where, std::string const& name,
                     std::int64_t type, Hdf5Handle const& space, void const* value,
                     std::int64_t type_in_memory) {
  std::string const place = where + " attribute " + name;
  Hdf5Handle const attribute = attribute_handle(
      H5Acreate2(object, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT), place, "made");
  checked(H5Awrite(attribute.id(), type_in_memory, value), place, "written");
}

Hdf5Handle one_value(std::string const& where) {
  return space_handle(H5Screate(H5S_SCALAR), where, "given a shape");
}

template <class T>
void write_number_attribute(std::int64_t object, std::string const& where, std::string const& name,
                            T value) {
  write_attribute(object, where, name, file_type<T>(), one_value(where), &value, memory_type<T>());
}

Hdf5Handle open_attribute(std::int64_t object, std::string const& where, std::string const& name) {
  std::string const place = where + " attribute " + name;
  Hdf5Handle attribute =
      attribute_handle(H5Aopen(object, name.c_str(), H5P_DEFAULT), place, "found");
  Hdf5Handle const space = space_handle(H5Aget_space(attribute.id()), place, "measured");
  if (H5Sget_simple_extent_npoints(space.id()) != 1) throw Error(place + " is not a single value");
  return attribute;
}

template <class T>
T read_number_attribute(std::int64_t object, std::string const& where, std::string const& name) {
  Hdf5Handle const attribute = open_attribute(object, where, name);
  T value{};
  checked(H5Aread(attribute.id(), memory_type<T>(), &value), where + " attribute " + name, "read");
  return value;
}

std::string read_text_attribute(std::int64_t object, std::string const& where,
                                std::string const& name) {
  Hdf5Handle const attribute = open_attribute(object, where, name);
  Hdf5Handle const type = text_type();
  char* text = nullptr;
  checked(H5Aread(attribute.id(), type.id(), &text), where + " attribute " + name, "read");
  std::string const value = text ? text : "";
  H5free_memory(text);
  return value;
}

}  // namespace

void write_text_attribute(std::int64_t object, std::string const& where, std::string const& name,
                          std::string const& value) {
  Hdf5Handle const type = text_type();
  char const* const text = value.c_str();
  write_attribute(object, where, name, type.id(), one_value(where), &text, type.id());
}

void describe(std::int64_t object, std::string const& where, Hdf5Description const& description) {
  write_text_attribute(object, where, "long_name", description.long_name);
  if (!description.units.empty()) write_text_attribute(object, where, "units", description.units);
}

}  // namespace hdf5

void Hdf5Group::set_attribute(std::string const& name, std::string const& value) const {
  hdf5::write_text_attribute(handle_.id(), where_, name, value);
}
void Hdf5Group::set_attribute(std::string const& name, std::int64_t value) const {
  hdf5::write_number_attribute(handle_.id(), where_, name, value);
}
void Hdf5Group::set_attribute(std::string const& name, double value) const {
  hdf5::write_number_attribute(handle_.id(), where_, name, value);
}

std::string Hdf5Group::text_attribute(std::string const& name) const {
  return hdf5::read_text_attribute(handle_.id(), where_, name);
}
std::int64_t Hdf5Group::integer_attribute(std::string const& name) const {
  return hdf5::read_number_attribute<std::int64_t>(handle_.id(), where_, name);
}
double Hdf5Group::real_attribute(std::string const& name) const {
  return hdf5::read_number_attribute<double>(handle_.id(), where_, name);
}

Hdf5Handle Hdf5Group::open_member(std::string const& name) const {
  return hdf5::object_handle(H5Oopen(handle_.id(), name.c_str(), H5P_DEFAULT), at(name), "found");
}

void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     std::string const& value) const {
  hdf5::write_text_attribute(open_member(member).id(), at(member), name, value);
}
void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     std::int64_t value) const {
  hdf5::write_number_attribute(open_member(member).id(), at(member), name, value);
}
void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     std::span<std::int8_t const> values) const {
  hsize_t const size = values.size();
  Hdf5Handle const space =
      hdf5::space_handle(H5Screate_simple(1, &size, nullptr), at(member), "given a shape");
  hdf5::write_attribute(open_member(member).id(), at(member), name, hdf5::file_type<std::int8_t>(),
                        space, values.data(), hdf5::memory_type<std::int8_t>());
}
std::string Hdf5Group::member_text_attribute(std::string const& member,
                                             std::string const& name) const {
  return hdf5::read_text_attribute(open_member(member).id(), at(member), name);
}
std::int64_t Hdf5Group::member_integer_attribute(std::string const& member,
                                                 std::string const& name) const {
  return hdf5::read_number_attribute<std::int64_t>(open_member(member).id(), at(member), name);
}

}  // namespace tvem
