#include "io/tasks/array_checks.hpp"

#include <algorithm>

#include "io/points/hdf5_user_data.hpp"

namespace tvem {
namespace {

std::string wanted_text(Hdf5Group::Shape const& wanted) {
  std::vector<std::string> words;
  for (std::size_t const size : wanted)
    words.push_back(size == 0 ? "any number" : fmt::format("{}", size));
  return joined(words, " x ");
}

bool fits(Hdf5Group::Shape const& shape, Hdf5Group::Shape const& wanted) {
  return std::equal(shape.begin(), shape.end(), wanted.begin(), wanted.end(),
                    [](auto a, auto b) { return a > 0 && (b == 0 || a == b); });
}

}  // namespace

bool ArrayChecks::has_array(std::string const& name, Hdf5Kind kind, Hdf5Group::Shape const& wanted,
                            bool is_needed) {
  if (!group_.has(name)) {
    if (is_needed)
      problems_.add(fmt::format("there is no dataset {}; {}", name, hdf5_datasets_text(group_)));
    return false;
  }
  return is_of_kind(name, kind) && has_shape(name, wanted);
}

bool ArrayChecks::is_of_kind(std::string const& name, Hdf5Kind kind) {
  Hdf5Kind const found = group_.kind(name);
  if (found == Hdf5Kind::integer || (found == Hdf5Kind::real && kind == Hdf5Kind::real))
    return true;
  problems_.add(fmt::format("{} is {}, and should be {}", name, hdf5_words_for(group_, name),
                            kind == Hdf5Kind::integer ? "integers" : "numbers"));
  return false;
}

bool ArrayChecks::has_shape(std::string const& name, Hdf5Group::Shape const& wanted) {
  Hdf5Group::Shape const shape = group_.shape(name);
  if (fits(shape, wanted)) return true;
  problems_.add(fmt::format("{} is of {}, and should be of {}", name,
                            shape.empty() ? "one value" : joined(shape, " x "),
                            wanted_text(wanted)));
  return false;
}

}  // namespace tvem
