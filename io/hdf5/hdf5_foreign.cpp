// What files of other programs have: attributes of any shape and type, and records.
#include <hdf5.h>

#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

Hdf5Handle type_handle(std::int64_t id) {
  return {id, [](std::int64_t open) { return int{H5Tclose(open)}; }};
}

std::size_t size_of(Hdf5Handle const& attribute) {
  Hdf5Handle const space(H5Aget_space(attribute.id()),
                         [](std::int64_t open) { return int{H5Sclose(open)}; });
  auto const size = H5Sget_simple_extent_npoints(space.id());
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

/// An attribute and its type, when it is there.
struct FoundAttribute {
  FoundAttribute(std::int64_t object, std::string const& name, std::string const& where)
      : attribute(
            hdf5::attribute_handle(H5Aopen(object, name.c_str(), H5P_DEFAULT), where, "found")),
        type(type_handle(H5Aget_type(attribute.id()))),
        values(H5Tget_class(type.id())) {}
  Hdf5Handle attribute, type;
  H5T_class_t values;
};

}  // namespace

std::vector<double> Hdf5Group::member_numbers(std::string const& member,
                                              std::string const& name) const {
  Hdf5Handle const object = open_member(member);
  if (H5Aexists(object.id(), name.c_str()) <= 0) return {};
  FoundAttribute const found(object.id(), name, at(member) + " attribute " + name);
  if (found.values != H5T_INTEGER && found.values != H5T_FLOAT) return {};
  std::vector<double> values(size_of(found.attribute));
  if (values.empty()) return {};
  hdf5::checked(H5Aread(found.attribute.id(), H5T_NATIVE_DOUBLE, values.data()),
                at(member) + " attribute " + name, "read");
  return values;
}

std::string Hdf5Group::member_text(std::string const& member, std::string const& name) const {
  Hdf5Handle const object = open_member(member);
  if (H5Aexists(object.id(), name.c_str()) <= 0) return {};
  std::string const where = at(member) + " attribute " + name;
  FoundAttribute const found(object.id(), name, where);
  if (found.values != H5T_STRING || size_of(found.attribute) != 1) return {};
  if (H5Tis_variable_str(found.type.id()) > 0) return member_text_attribute(member, name);
  std::string text(H5Tget_size(found.type.id()), '\0');
  hdf5::checked(H5Aread(found.attribute.id(), found.type.id(), text.data()), where, "read");
  return text.substr(0, text.find('\0'));
}

std::vector<std::string> Hdf5Group::fields(std::string const& name) const {
  Hdf5Handle const type = type_handle(H5Dget_type(open_dataset(name).id()));
  std::vector<std::string> names;
  for (int i = 0; i < H5Tget_nmembers(type.id()); ++i) {
    char* const field = H5Tget_member_name(type.id(), static_cast<unsigned>(i));
    names.emplace_back(field ? field : "");
    H5free_memory(field);
  }
  return names;
}

}  // namespace tvem
