#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tvem {

/// A group of a file that was read whole (Hdf5File::content): its members, its attributes and their
/// values. Throws Error, naming the file and the path within it, for a name that is missing and for
/// a value of another type or shape than was asked for.
class StoredGroup {
 public:
  /// The root. content: of Hdf5File::content. where: the file, for messages.
  StoredGroup(std::string const& where, std::string content);

  StoredGroup open_group(std::string const& name) const;
  bool has(std::string const& name) const;
  /// Names of all members, sorted.
  std::vector<std::string> members() const;

  bool has_attribute(std::string const& name) const;
  std::string text_attribute(std::string const& name) const;
  std::int64_t integer_attribute(std::string const& name) const;
  double real_attribute(std::string const& name) const;
  std::string member_text_attribute(std::string const& member, std::string const& name) const;
  std::int64_t member_integer_attribute(std::string const& member, std::string const& name) const;

  std::vector<std::size_t> const& shape(std::string const& name) const;
  /// T: double, float, std::int64_t, int, std::int8_t or std::string, as the file has it.
  template <class T>
  std::vector<T> read(std::string const& name) const;
  template <class T>
  std::vector<T> read(std::string const& name, std::vector<std::size_t> const& shape) const {
    check(this->shape(name) == shape, name + " has not the size that the others imply");
    return read<T>(name);
  }

  /// Throws Error that the group has this problem, when the condition does not hold.
  void check(bool condition, std::string const& problem) const;

 private:
  struct Array {
    char type = 'r';  // i and u: integers, f: reals, s: texts, r: none of these, without values
    std::size_t size = 0;  // of a number, bytes
    std::vector<std::size_t> shape;
    std::string_view values;              // of numbers
    std::vector<std::string_view> texts;  // of texts
  };
  struct Object {
    bool is_group = false;
    std::map<std::string, Array> attributes;
    std::map<std::string, Object> members;
    Array array;  // of a dataset
  };
  class Parser;

  StoredGroup(std::string where, std::shared_ptr<std::string const> content,
              std::shared_ptr<Object const> object)
      : where_(std::move(where)), content_(std::move(content)), object_(std::move(object)) {}
  [[noreturn]] void refuse(std::string const& name, std::string const& problem) const;
  Object const& member(std::string const& name) const;
  Array const& array(std::string const& name) const;
  Array const& attribute(Object const& object, std::string const& name) const;
  std::string text_of(Object const& object, std::string const& name) const;
  std::int64_t integer_of(Object const& object, std::string const& name) const;
  template <class T>
  std::vector<T> values_of(Array const& array, std::string const& name) const;

  std::string where_;
  std::shared_ptr<std::string const> content_;  // what the views are of
  std::shared_ptr<Object const> object_;
};

}  // namespace tvem
