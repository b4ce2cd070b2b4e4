#include "io/hdf5/stored.hpp"

#include <bit>
#include <cstring>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {

static_assert(std::endian::native == std::endian::little, "the content of a file is little-endian");

// ---- from bytes

/// Takes one part of the content after another. The content comes from a process that may have gone
/// astray, so that no number in it is believed.
class StoredGroup::Parser {
 public:
  Parser(std::string where, std::string_view content)
      : where_(std::move(where)), content_(content) {}

  Object object(int depth = 0) {
    if (depth > 9) fail();
    Object object;
    for (std::uint64_t n = number(); n > 0; --n) {
      std::string const name(text());
      object.attributes[name] = array();
    }
    object.is_group = take(1) == "g";
    if (!object.is_group) {
      object.array = array();
      return object;
    }
    for (std::uint64_t n = number(); n > 0; --n) {
      std::string const name(text());
      object.members[name] = this->object(depth + 1);
    }
    return object;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(where_ + " is damaged: its content breaks off; use another copy");
  }
  std::string_view take(std::uint64_t size) {
    if (size > content_.size()) fail();
    std::string_view const part = content_.substr(0, size);
    content_.remove_prefix(size);
    return part;
  }
  std::uint64_t number() {
    std::uint64_t number = 0;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }
  std::string_view text() { return take(number()); }

  Array array() {
    Array array{.type = take(1)[0], .size = number(), .shape = {}, .values = {}, .texts = {}};
    std::uint64_t n = 1;
    for (std::uint64_t rank = number(); rank > 0; --rank) {
      array.shape.push_back(number());
      n = array.type == 'r' || n == 0 ? 0 : times(n, array.shape.back());
    }
    if (array.type == 'r') return array;
    if (array.type != 's') array.values = take(times(n, array.size));
    for (; array.type == 's' && n > 0; --n) array.texts.push_back(text());
    return array;
  }
  /// The product, which is not more than what is left.
  std::uint64_t times(std::uint64_t n, std::uint64_t size) const {
    if (size > 0 && n > content_.size() / size) fail();
    return n * size;
  }

  std::string where_;
  std::string_view content_;
};

StoredGroup::StoredGroup(std::string const& where, std::string content)
    : where_(where + ": "), content_(std::make_shared<std::string const>(std::move(content))) {
  object_ = std::make_shared<Object const>(Parser(where, *content_).object());
}

// ---- reading

void StoredGroup::check(bool condition, std::string const& problem) const {
  if (!condition)
    throw Error(fmt::format("{}: {}; the file is damaged: use another copy", where_, problem));
}

void StoredGroup::refuse(std::string const& name, std::string const& problem) const {
  throw Error(
      fmt::format("{}/{} {}; the file is damaged: use another copy", where_, name, problem));
}

StoredGroup StoredGroup::open_group(std::string const& name) const {
  Object const& found = member(name);
  if (!found.is_group) refuse(name, "is not a group");
  return {where_ + "/" + name, content_, std::shared_ptr<Object const>(object_, &found)};
}

bool StoredGroup::has(std::string const& name) const { return object_->members.contains(name); }

std::vector<std::string> StoredGroup::members() const {
  std::vector<std::string> names;
  for (auto const& [name, object] : object_->members) names.push_back(name);
  return names;
}

StoredGroup::Object const& StoredGroup::member(std::string const& name) const {
  auto const found = object_->members.find(name);
  if (found == object_->members.end()) refuse(name, "is not there");
  return found->second;
}

StoredGroup::Array const& StoredGroup::array(std::string const& name) const {
  if (member(name).is_group) refuse(name, "is not an array");
  return member(name).array;
}

StoredGroup::Array const& StoredGroup::attribute(Object const& object,
                                                 std::string const& name) const {
  auto const found = object.attributes.find(name);
  if (found == object.attributes.end()) refuse(name, "(an attribute) is not there");
  if (!found->second.shape.empty()) refuse(name, "(an attribute) is not a single value");
  return found->second;
}

std::string StoredGroup::text_of(Object const& object, std::string const& name) const {
  auto const& texts = attribute(object, name).texts;
  if (texts.size() != 1) refuse(name, "(an attribute) is not a text");
  return std::string(texts[0]);
}

std::int64_t StoredGroup::integer_of(Object const& object, std::string const& name) const {
  return values_of<std::int64_t>(attribute(object, name), name + " (an attribute)")[0];
}

bool StoredGroup::has_attribute(std::string const& name) const {
  return object_->attributes.contains(name);
}
std::string StoredGroup::text_attribute(std::string const& name) const {
  return text_of(*object_, name);
}
std::int64_t StoredGroup::integer_attribute(std::string const& name) const {
  return integer_of(*object_, name);
}
double StoredGroup::real_attribute(std::string const& name) const {
  return values_of<double>(attribute(*object_, name), name + " (an attribute)")[0];
}
std::string StoredGroup::member_text_attribute(std::string const& member,
                                               std::string const& name) const {
  return text_of(this->member(member), name);
}
std::int64_t StoredGroup::member_integer_attribute(std::string const& member,
                                                   std::string const& name) const {
  return integer_of(this->member(member), name);
}

std::vector<std::size_t> const& StoredGroup::shape(std::string const& name) const {
  return array(name).shape;
}

template <class T>
std::vector<T> StoredGroup::values_of(Array const& array, std::string const& name) const {
  if constexpr (std::is_same_v<T, std::string>) {
    if (array.type != 's') refuse(name, "does not hold texts");
    return {array.texts.begin(), array.texts.end()};
  } else {
    char const type = std::is_floating_point_v<T> ? 'f' : 'i';
    if (array.type != type || array.size != sizeof(T))
      refuse(name, fmt::format("does not hold {} of {} bits",
                               type == 'f' ? "real numbers" : "integers", 8 * sizeof(T)));
    std::vector<T> values(array.values.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), array.values.data(), array.values.size());
    return values;
  }
}

template <class T>
std::vector<T> StoredGroup::read(std::string const& name) const {
  return values_of<T>(array(name), name);
}
template std::vector<double> StoredGroup::read(std::string const&) const;
template std::vector<float> StoredGroup::read(std::string const&) const;
template std::vector<std::int64_t> StoredGroup::read(std::string const&) const;
template std::vector<int> StoredGroup::read(std::string const&) const;
template std::vector<std::int8_t> StoredGroup::read(std::string const&) const;
template std::vector<std::string> StoredGroup::read(std::string const&) const;

}  // namespace tvem
