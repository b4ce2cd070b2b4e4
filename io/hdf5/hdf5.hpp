#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "io/fs.hpp"

namespace tvem {

/// An open HDF5 object, closed by its destructor. Our headers do not include HDF5's own; its
/// identifiers are 64-bit integers.
class Hdf5Handle {
 public:
  using Close = int (*)(std::int64_t);
  Hdf5Handle(std::int64_t id, Close closing) : id_(id), close_(closing) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  std::int64_t id() const { return id_; }
  /// Closes now and says whether it worked: what was buffered may not fit on the disk.
  bool close() {
    std::int64_t const id = id_;
    id_ = -1;
    return close_(id) >= 0;
  }

 private:
  std::int64_t id_;
  Close close_;
};

struct Hdf5Description {
  std::string long_name;
  std::string units = "1";  // UDUNITS; 1 for numbers without a unit, empty for text and ids
};

/// Most bytes that the values of a dataset may take: half of the machine's memory. A few bytes of a
/// compressed file may stand for more than there is.
std::uint64_t hdf5_memory();

/// The kind of a member of a file. integer: also truth values and other named numbers; records:
/// values of several fields each; other: none of these kinds.
enum class Hdf5Kind { integer, real, text, records, references, group, other };

/// A group of a file. Values are double, float, std::int64_t, int, std::int8_t or std::string;
/// arrays are row-major. Every failure is an Error that names the file and the path within it.
class Hdf5Group {
 public:
  using Names = std::vector<std::string>;
  using Shape = std::vector<std::size_t>;

  Hdf5Group create_group(std::string const& name) const;
  Hdf5Group open_group(std::string const& name) const;
  bool has(std::string const& name) const;
  /// File and path within it, for messages.
  std::string const& where() const { return where_; }
  /// Names of all members, sorted.
  Names members() const;

  // ---- writing: an array with its description, and attributes

  /// A dimension of the group and its coordinate: a dimension scale, as netCDF-4 and xarray know
  /// it.
  template <class Values>
  void write_coordinate(std::string const& name, Values const& values,
                        Hdf5Description const& description) const {
    write_coordinate_of(name, span_of(values), description);
  }
  /// A dimension of the group without values.
  void write_dimension(std::string const& name, std::size_t size) const;
  /// An array over dimensions of the group; its size is the product of theirs.
  template <class Values>
  void write(std::string const& name, Values const& values, Names const& dimensions,
             Hdf5Description const& description) const {
    write_over(name, span_of(values), dimensions, description);
  }
  /// An array of its own shape, without named dimensions.
  template <class Values>
  void write_array(std::string const& name, Values const& values, Shape const& shape,
                   Hdf5Description const& description) const {
    write_shaped(name, span_of(values), shape, description);
  }
  /// An array whose values come in parts; until then they are zero.
  template <class T>
  void create(std::string const& name, Names const& dimensions,
              Hdf5Description const& description) const;
  /// Such a coordinate, of so many values.
  template <class T>
  void create_coordinate(std::string const& name, std::size_t size,
                         Hdf5Description const& description) const;
  /// A part of an array: all of the dimensions but the last one, and of the last one as many values
  /// from `first` on as are given.
  template <class T>
  void write_part(std::string const& name, std::size_t first, std::span<T const> values) const {
    write_along(name, false, first, values);
  }
  /// A part of an array: of its first dimension as many places from `first` on as are given.
  template <class T>
  void write_rows(std::string const& name, std::size_t first, std::span<T const> values) const {
    write_along(name, true, first, values);
  }

  /// Attributes of a member; "." is the group itself.
  void set_member_attribute(std::string const& member, std::string const& name,
                            std::string const& value) const;
  void set_member_attribute(std::string const& member, std::string const& name,
                            std::int64_t value) const;
  void set_member_attribute(std::string const& member, std::string const& name, double value) const;
  template <class T>
  void set_attribute(std::string const& name, T const& value) const {
    set_member_attribute(".", name, value);
  }

  // ---- reading what other programs may have written

  template <class T>
  std::vector<T> read(std::string const& name) const;
  /// n places of the first dimension, from `first` on.
  template <class T>
  std::vector<T> read_rows(std::string const& name, std::size_t first, std::size_t n) const;
  Names read_text(std::string const& name) const;
  Shape shape(std::string const& name) const;
  /// Of a member, by its name or the path to it.
  Hdf5Kind kind(std::string const& name) const;
  Names fields(std::string const& name) const;
  /// Attributes of a member; empty where there is none of numbers, or of one text.
  std::vector<double> member_numbers(std::string const& member, std::string const& name) const;
  std::string member_text(std::string const& member, std::string const& name) const;

 private:
  friend class Hdf5File;
  Hdf5Group(Hdf5Handle handle, std::string where)
      : handle_(std::move(handle)), where_(std::move(where)) {}
  template <class Values>
  static std::span<typename Values::value_type const> span_of(Values const& values) {
    return values;
  }
  template <class T>
  void write_coordinate_of(std::string const& name, std::span<T const> values,
                           Hdf5Description const& description) const;
  template <class T>
  void write_over(std::string const& name, std::span<T const> values, Names const& dimensions,
                  Hdf5Description const& description) const;
  template <class T>
  void write_shaped(std::string const& name, std::span<T const> values, Shape const& shape,
                    Hdf5Description const& description) const;
  template <class T>
  void write_along(std::string const& name, bool is_along_first, std::size_t first,
                   std::span<T const> values) const;
  template <class T>
  Hdf5Handle write_values(std::string const& name, std::span<T const> values,
                          Shape const& shape) const;
  Hdf5Handle create_dataset(std::string const& name, std::int64_t type, Shape const& shape) const;
  Hdf5Handle open_dataset(std::string const& name) const;
  Hdf5Handle open_member(std::string const& name) const;
  void make_scale(Hdf5Handle const& dataset, std::string const& name,
                  Hdf5Description const& description) const;
  void attach(Hdf5Handle const& dataset, std::string const& name, Names const& dimensions,
              Hdf5Description const& description) const;
  void describe(std::string const& name, Hdf5Description const& description) const;
  Shape sizes_of(Names const& dimensions) const;
  std::string at(std::string const& name) const { return where_ + "/" + name; }

  Hdf5Handle handle_;
  std::string where_;
};

struct Hdf5Content {
  std::string bytes, digest;
};
inline constexpr std::uint64_t hdf5_unlimited = std::numeric_limits<std::uint64_t>::max();

/// Attribute of the root that holds the digest of the file's content, and is no part of it.
inline constexpr auto content_digest_name = "content_sha256";

/// A file, written from the start or read. A new file begins with a user block of 512 bytes
/// (digest.hpp).
class Hdf5File {
 public:
  static Hdf5File create(fs::path const& path);
  static Hdf5File open(fs::path const& path);
  Hdf5Group root() const;
  /// Names, types, shapes and values of everything in the file, as io/SCHEMA.md says under
  /// content_sha256; stored.hpp reads it. The bytes lack arrays of numbers that are larger than
  /// `largest`. Throws Error for what no file of ours has, such as links, and for content of more
  /// than `limit` bytes.
  Hdf5Content content(std::uint64_t limit, std::uint64_t largest = hdf5_unlimited) const;
  /// Writes out and closes; throws Error when that fails (a full disk shows here). Groups must be
  /// gone.
  void close();

 private:
  Hdf5File(Hdf5Handle handle, fs::path path) : handle_(std::move(handle)), path_(std::move(path)) {}
  Hdf5Handle handle_;
  fs::path path_;
};

}  // namespace tvem
