#include <algorithm>
#include <cstring>
#include <functional>

#include <hdf5.h>

#include "framework/core/error.hpp"
#include "framework/core/sha256.hpp"
#include "framework/core/text.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/hdf5_support.hpp"

namespace tvem {
namespace {

constexpr int deepest = 4;  // groups within groups; files of ours have one level
constexpr std::uint64_t largest_piece = 1 << 22;  // of an array, bytes

using Names = std::vector<std::string>;

[[noreturn]] void refuse(std::string const& where, std::string const& what) {
  throw Error(fmt::format("{} {}; the file is damaged: use another copy", where, what));
}

using Shape = Hdf5Group::Shape;

/// Names of members, sorted. In files of ours every link leads to an object of the file.
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

/// Values of one type, read from a dataset or an attribute.
struct Values {
  Hdf5Handle type, space;
  bool is_stored;
  std::string where;
  std::function<herr_t(hid_t type, hid_t memory, hid_t file, void* values)> read;
};

/// Writes the content of a file as bytes, and refuses what no file of ours has.
class ContentWriter {
 public:
  /// limit: most bytes of the content, and of an array in memory. largest: bytes of the largest
  /// array to keep.
  ContentWriter(std::string file, std::uint64_t limit, std::uint64_t largest)
      : file_(std::move(file)), limit_(limit), largest_(largest) {}

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
      Hdf5Handle const member = hdf5::owned(H5Oopen(id, name.c_str(), H5P_DEFAULT), place, "found");
      add_text(name);
      object(member.id(), place, depth + 1);
    }
  }
  Hdf5Content take() { return {std::move(kept_), sha_.hex_digest()}; }

 private:
  void add(std::string_view bytes) {
    hash(bytes);
    kept_ += bytes;
  }
  void hash(std::string_view bytes) {
    if (bytes.size() > limit_ - size_) refuse(file_, "has more content than fits into it");
    size_ += bytes.size();
    sha_.update(bytes);
  }
  void add(std::uint64_t number) { add(bytes_of(number)); }
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
          hdf5::owned(H5Aopen(object, name.c_str(), H5P_DEFAULT), place, "found");
      add_text(name);
      array({hdf5::owned(H5Aget_type(attribute.id()), place, "asked for its type"),
             hdf5::owned(H5Aget_space(attribute.id()), place, "measured"), true, place,
             [&](hid_t type, hid_t, hid_t, void* values) {
               return H5Aread(attribute.id(), type, values);
             }});
    }
  }

  void dataset(hid_t id, std::string const& where) {
    Hdf5Handle const creation =
        hdf5::owned(H5Dget_create_plist(id), where, "asked how it is stored");
    H5D_layout_t const layout = H5Pget_layout(creation.id());
    if ((layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) ||
        H5Pget_nfilters(creation.id()) != 0 || H5Pget_external_count(creation.id()) != 0)
      refuse(where, "is stored as no array of tvem is");
    array({hdf5::owned(H5Dget_type(id), where, "asked for its type"),
           hdf5::owned(H5Dget_space(id), where, "measured"), H5Dget_storage_size(id) > 0, where,
           [&](hid_t type, hid_t memory, hid_t file, void* values) {
             return H5Dread(id, type, memory, file, H5P_DEFAULT, values);
           }});
  }

  /// The dimensions. Throws Error where there are more values than `limit` allows.
  Shape shape_of(Values const& values) const {
    bool const is_null = H5Sget_simple_extent_type(values.space.id()) == H5S_NULL;
    if (is_null || H5Sget_simple_extent_ndims(values.space.id()) < 0)
      refuse(values.where, "has no shape");
    Shape const shape = hdf5::extents_of(values.space, values.where);
    std::uint64_t n = 1;
    for (std::uint64_t const extent : shape) {
      if (n > 0 && extent > limit_ / n) refuse(values.where, "is larger than its file");
      n *= extent;
    }
    return shape;
  }

  static std::string bytes_of(std::uint64_t number) {
    return {reinterpret_cast<char const*>(&number), sizeof number};
  }
  static std::string head(char letter, std::uint64_t size, Shape const& shape) {
    std::string text = letter + bytes_of(size) + bytes_of(shape.size());
    for (std::uint64_t const extent : shape) text += bytes_of(extent);
    return text;
  }

  void array(Values const& values) {
    H5T_class_t const kind = H5Tget_class(values.type.id());
    bool const is_number = kind == H5T_INTEGER || kind == H5T_FLOAT;
    bool const is_empty = H5Sget_simple_extent_npoints(values.space.id()) == 0;
    if ((kind != H5T_STRING && !is_number) || (!values.is_stored && !is_empty))
      add(head('r', 0, shape_of(values)));
    else if (is_number)
      numbers(values);
    else
      texts(values);
  }

  void numbers(Values const& values) {
    Hdf5Handle const type = hdf5::owned(H5Tget_native_type(values.type.id(), H5T_DIR_ASCEND),
                                        values.where, "asked for its type");
    bool const is_real = H5Tget_class(type.id()) == H5T_FLOAT;
    char const letter = is_real ? 'f' : H5Tget_sign(type.id()) == H5T_SGN_NONE ? 'u' : 'i';
    std::size_t const size = H5Tget_size(type.id());
    Shape const dims = shape_of(values);
    std::uint64_t const n = hdf5::product(dims);
    if (n > limit_ / size) refuse(values.where, "is larger than its file");
    bool const is_kept = n * size <= largest_;
    hash(head(letter, size, dims));
    kept_ += is_kept ? head(letter, size, dims) : head('r', 0, dims);
    read_in_pieces(values, type, size, dims, [&](std::string_view piece) {
      hash(piece);
      if (is_kept) kept_ += piece;
    });
  }

  /// Reads some values after others, so that an array need not fit into memory.
  template <class Take>
  static void read_in_pieces(Values const& values, Hdf5Handle const& type, std::size_t size,
                             Shape const& shape, Take const& take) {
    std::uint64_t const n = hdf5::product(shape);
    if (n == 0) return;
    if (n * size <= largest_piece) return take(read(values, type, n * size, H5S_ALL, H5S_ALL));
    // A piece is of some consecutive places along one axis, with all of the axes after it.
    std::size_t piece_axis = shape.size() - 1;
    std::uint64_t n_inner = 1;
    for (; piece_axis > 0 && n_inner * shape[piece_axis] * size <= largest_piece; --piece_axis)
      n_inner *= shape[piece_axis];
    Shape start(shape.size(), 0), count(shape);
    std::fill_n(count.begin(), piece_axis, 1);
    for (std::uint64_t done = 0; done < n; done += hdf5::product(count)) {
      std::uint64_t rest = done;
      for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
        start[axis] = rest % shape[axis];
      count[piece_axis] = std::min(largest_piece / size / n_inner,
                                   std::uint64_t{shape[piece_axis] - start[piece_axis]});
      Hdf5Handle const memory = hdf5::select(values.space, start, count, values.where);
      take(read(values, type, hdf5::product(count) * size, memory.id(), values.space.id()));
    }
  }
  static std::string read(Values const& values, Hdf5Handle const& type, std::size_t n_bytes,
                          hid_t memory, hid_t file) {
    std::string bytes(n_bytes, '\0');
    hdf5::checked(values.read(type.id(), memory, file, bytes.data()), values.where, "read");
    return bytes;
  }

  void texts(Values const& values) {
    Shape const dims = shape_of(values);
    add(head('s', 0, dims));
    std::uint64_t const n = hdf5::product(dims);
    std::size_t const size = H5Tget_size(values.type.id());
    if (n > limit_ / size) refuse(values.where, "is larger than its file");
    if (n == 0) return;
    std::string bytes = read(values, values.type, n * size, H5S_ALL, H5S_ALL);
    bool const is_variable = H5Tis_variable_str(values.type.id()) > 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      char* text = bytes.data() + i * size;
      if (!is_variable) {
        add_text({text, strnlen(text, size)});
        continue;
      }
      std::memcpy(&text, bytes.data() + i * size, sizeof text);
      add_text(text ? text : "");
      H5free_memory(text);
    }
  }

  std::string file_;
  std::uint64_t limit_, largest_;
  std::uint64_t size_ = 0;
  Sha256 sha_;
  std::string kept_;
};

}  // namespace

Hdf5Content Hdf5File::content(std::uint64_t limit, std::uint64_t largest) const {
  Hdf5Group const group = root();
  ContentWriter writer(path_.string(), limit, largest);
  writer.object(group.handle_.id(), group.where(), 0);
  return writer.take();
}

}  // namespace tvem
