#include <algorithm>
#include <cstring>

#include <hdf5.h>

#include "tvem/core/error.hpp"
#include "tvem/io/hdf5.hpp"
#include "tvem/io/hdf5_support.hpp"

namespace tvem {
namespace {

constexpr int deepest = 4;  // groups within groups; files of ours have one level

using Names = std::vector<std::string>;

[[noreturn]] void refuse(std::string const& where, std::string const& what) {
  throw Error(where + " " + what + "; the file is damaged: use another copy");
}

/// Names of members, sorted. Files of ours have no links but those to their own objects.
Names members_of(hid_t group, std::string const& where) {
  Names names;
  auto const collect = [](hid_t, char const* name, H5L_info_t const* link, void* list) -> herr_t {
    static_cast<Names*>(list)->emplace_back(name);
    return link->type == H5L_TYPE_HARD ? 0 : -1;
  };
  hdf5::checked(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), where,
                "listed, or has a link");
  std::sort(names.begin(), names.end());
  return names;
}

Names attributes_of(hid_t object, std::string const& where) {
  Names names;
  auto const collect = [](hid_t, char const* name, H5A_info_t const*, void* list) -> herr_t {
    static_cast<Names*>(list)->emplace_back(name);
    return 0;
  };
  hdf5::checked(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), where,
                "asked for its attributes");
  std::sort(names.begin(), names.end());
  return names;
}

/// Writes the content of a file as bytes, and refuses what no file of ours has.
class ContentWriter {
 public:
  /// limit: of the bytes, and of those that an array takes in memory.
  ContentWriter(std::string file, std::uint64_t limit) : file_(std::move(file)), limit_(limit) {}

  void object(hid_t id, std::string const& where, int depth) {
    H5I_type_t const kind = H5Iget_type(id);
    bool const is_group = kind == H5I_GROUP;
    if (depth > deepest || (!is_group && kind != H5I_DATASET))
      refuse(where, "is none of the objects that files of tvem have");
    attributes(id, where, depth == 0);
    add(is_group ? "g" : "d");
    if (!is_group) return dataset(id, where);
    Names const names = members_of(id, where);
    add(names.size());
    for (auto const& name : names) {
      std::string const place = where + "/" + name;
      Hdf5Handle const member =
          hdf5::object_handle(H5Oopen(id, name.c_str(), H5P_DEFAULT), place, "found");
      add_text(name);
      object(member.id(), place, depth + 1);
    }
  }
  std::string take() { return std::move(content_); }

 private:
  void add(std::string_view bytes) {
    if (bytes.size() > limit_ - content_.size())
      refuse(file_, "has more content than fits into it");
    content_ += bytes;
  }
  void add(std::uint64_t number) { add({reinterpret_cast<char const*>(&number), sizeof number}); }
  void add_text(std::string_view text) {
    add(text.size());
    add(text);
  }

  void attributes(hid_t object, std::string const& where, bool is_root) {
    Names names = attributes_of(object, where);
    if (is_root) std::erase(names, content_digest_name);
    add(names.size());
    for (auto const& name : names) {
      std::string const place = where + (is_root ? "attribute " : " attribute ") + name;
      Hdf5Handle const attribute =
          hdf5::attribute_handle(H5Aopen(object, name.c_str(), H5P_DEFAULT), place, "found");
      add_text(name);
      array(hdf5::type_handle(H5Aget_type(attribute.id()), place),
            hdf5::space_handle(H5Aget_space(attribute.id()), place, "measured"), true, place,
            [&](hid_t type, void* values) { return H5Aread(attribute.id(), type, values); });
    }
  }

  void dataset(hid_t id, std::string const& where) {
    Hdf5Handle const creation = hdf5::properties_handle(H5Dget_create_plist(id), where);
    H5D_layout_t const layout = H5Pget_layout(creation.id());
    if ((layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) ||
        H5Pget_nfilters(creation.id()) != 0 || H5Pget_external_count(creation.id()) != 0)
      refuse(where, "is stored as no array of tvem is");
    array(hdf5::type_handle(H5Dget_type(id), where),
          hdf5::space_handle(H5Dget_space(id), where, "measured"), H5Dget_storage_size(id) > 0,
          where, [&](hid_t type, void* values) {
            return H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
          });
  }

  /// Number of values, after the rank and the dimensions.
  std::uint64_t shape(Hdf5Handle const& space, std::string const& where) {
    bool const is_null = H5Sget_simple_extent_type(space.id()) == H5S_NULL;
    int const rank = H5Sget_simple_extent_ndims(space.id());
    if (is_null || rank < 0) refuse(where, "has no shape");
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr);
    add(dims.size());
    std::uint64_t n = 1;
    for (hsize_t const dim : dims) {
      add(dim);
      if (n > 0 && dim > limit_ / n) refuse(where, "is larger than its file");
      n *= dim;
    }
    return n;
  }

  template <class Read>
  void array(Hdf5Handle const& type, Hdf5Handle const& space, bool is_stored,
             std::string const& where, Read const& read) {
    H5T_class_t const kind = H5Tget_class(type.id());
    bool const is_text = kind == H5T_STRING;
    bool const is_number = kind == H5T_INTEGER || kind == H5T_FLOAT;
    bool const is_empty = H5Sget_simple_extent_npoints(space.id()) == 0;
    if ((!is_text && !is_number) || (!is_stored && !is_empty)) {
      add("r");
      add(std::uint64_t{0});
      shape(space, where);
    } else if (is_text) {
      texts(type, space, where, read);
    } else {
      numbers(type, space, where, read);
    }
  }

  template <class Read>
  void numbers(Hdf5Handle const& file_type, Hdf5Handle const& space, std::string const& where,
               Read const& read) {
    Hdf5Handle const type =
        hdf5::type_handle(H5Tget_native_type(file_type.id(), H5T_DIR_ASCEND), where);
    bool const is_real = H5Tget_class(type.id()) == H5T_FLOAT;
    add(is_real ? "f" : H5Tget_sign(type.id()) == H5T_SGN_NONE ? "u" : "i");
    std::size_t const size = H5Tget_size(type.id());
    add(size);
    std::uint64_t const n = shape(space, where);
    if (n > limit_ / size) refuse(where, "is larger than its file");
    std::string values(n * size, '\0');
    if (n > 0) hdf5::checked(read(type.id(), values.data()), where, "read");
    add(values);
  }

  template <class Read>
  void texts(Hdf5Handle const& type, Hdf5Handle const& space, std::string const& where,
             Read const& read) {
    add("s");
    add(std::uint64_t{0});
    std::uint64_t const n = shape(space, where);
    std::size_t const size = H5Tget_size(type.id());
    if (n > limit_ / size) refuse(where, "is larger than its file");
    std::string values(n * size, '\0');
    if (n > 0) hdf5::checked(read(type.id(), values.data()), where, "read");
    bool const is_variable = H5Tis_variable_str(type.id()) > 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      char* text = values.data() + i * size;
      if (!is_variable) {
        add_text({text, strnlen(text, size)});
        continue;
      }
      std::memcpy(&text, values.data() + i * size, sizeof text);
      add_text(text ? text : "");
      H5free_memory(text);
    }
  }

  std::string file_;
  std::uint64_t limit_;
  std::string content_;
};

}  // namespace

std::string Hdf5File::content(std::uint64_t limit) const {
  Hdf5Group const group = root();
  ContentWriter writer(path_.string(), limit);
  writer.object(group.handle_.id(), group.where(), 0);
  return writer.take();
}

}  // namespace tvem
