#include <hdf5.h>

#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

void write_attribute(Hdf5Handle const& object, std::string const& where, std::string const& name,
                     std::int64_t type, std::int64_t type_in_memory, void const* value) {
  std::string const place = where + " attribute " + name;
  Hdf5Handle const space = hdf5::owned(H5Screate(H5S_SCALAR), place, "given a shape");
  Hdf5Handle const attribute =
      hdf5::owned(H5Acreate2(object.id(), name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
                  place, "made");
  hdf5::checked(H5Awrite(attribute.id(), type_in_memory, value), place, "written");
}

/// An attribute that is there, as another program may have written it.
struct FoundAttribute {
  FoundAttribute(std::int64_t object, std::string const& name, std::string place)
      : where(std::move(place)),
        attribute(hdf5::owned(H5Aopen(object, name.c_str(), H5P_DEFAULT), where, "found")),
        type(hdf5::owned(H5Aget_type(attribute.id()), where, "asked for its type")) {
    Hdf5Handle const space = hdf5::owned(H5Aget_space(attribute.id()), where, "measured");
    size = std::max<hssize_t>(H5Sget_simple_extent_npoints(space.id()), 0);
  }
  bool has_numbers() const {
    H5T_class_t const kind = H5Tget_class(type.id());
    return size > 0 && (kind == H5T_INTEGER || kind == H5T_FLOAT);
  }
  bool has_text() const { return size == 1 && H5Tget_class(type.id()) == H5T_STRING; }
  void read(std::int64_t type_in_memory, void* values) const {
    hdf5::checked(H5Aread(attribute.id(), type_in_memory, values), where, "read");
  }

  std::string where;
  Hdf5Handle attribute, type;
  std::size_t size = 0;
};

}  // namespace

Hdf5Handle Hdf5Group::open_member(std::string const& name) const {
  return hdf5::owned(H5Oopen(handle_.id(), name.c_str(), H5P_DEFAULT), at(name), "found");
}

void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     std::string const& value) const {
  char const* const text = value.c_str();
  std::int64_t const type = hdf5::file_type<std::string>();
  write_attribute(open_member(member), at(member), name, type, type, &text);
}
void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     std::int64_t value) const {
  write_attribute(open_member(member), at(member), name, hdf5::file_type<std::int64_t>(),
                  hdf5::memory_type<std::int64_t>(), &value);
}
void Hdf5Group::set_member_attribute(std::string const& member, std::string const& name,
                                     double value) const {
  write_attribute(open_member(member), at(member), name, hdf5::file_type<double>(),
                  hdf5::memory_type<double>(), &value);
}

std::vector<double> Hdf5Group::member_numbers(std::string const& member,
                                              std::string const& name) const {
  Hdf5Handle const object = open_member(member);
  if (H5Aexists(object.id(), name.c_str()) <= 0) return {};
  FoundAttribute const found(object.id(), name, at(member) + " attribute " + name);
  if (!found.has_numbers()) return {};
  std::vector<double> values(found.size);
  found.read(H5T_NATIVE_DOUBLE, values.data());
  return values;
}

namespace {

std::string text_of_any_length(FoundAttribute const& found) {
  char* text = nullptr;
  found.read(found.type.id(), &text);
  std::string const value = text ? text : "";
  H5free_memory(text);
  return value;
}

std::string text_of_fixed_length(FoundAttribute const& found) {
  std::string text(H5Tget_size(found.type.id()), '\0');
  found.read(found.type.id(), text.data());
  return text.substr(0, text.find('\0'));
}

}  // namespace

std::string Hdf5Group::member_text(std::string const& member, std::string const& name) const {
  Hdf5Handle const object = open_member(member);
  if (H5Aexists(object.id(), name.c_str()) <= 0) return {};
  FoundAttribute const found(object.id(), name, at(member) + " attribute " + name);
  if (!found.has_text()) return {};
  return H5Tis_variable_str(found.type.id()) > 0 ? text_of_any_length(found)
                                                 : text_of_fixed_length(found);
}

}  // namespace tvem
