#include "io/sweep_file.hpp"

#include <algorithm>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/our_file.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto sweep_file_type = "tvem sweep";

/// All texts as numbers; nothing when one of them is not a number.
template <class T>
std::vector<T> as_numbers(std::vector<std::string> const& texts) {
  std::vector<T> numbers(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (!read_number(texts[i], numbers[i])) return {};
  return numbers;
}

template <class Values>
void write_values(Hdf5Group const& root, NamedCoordinate const& coordinate, Values const& values,
                  std::string const& units) {
  Hdf5Description const description{coordinate.long_name, units};
  if (coordinate.name == coordinate.dimension)
    root.write_coordinate(coordinate.name, values, description);
  else
    root.write(coordinate.name, values, {coordinate.dimension}, description);
}

bool has_point(std::string const& number) {
  return number.find_first_of(".eE") != std::string::npos;
}

void write_coordinate(Hdf5Group const& root, NamedCoordinate const& coordinate) {
  auto const integers = as_numbers<std::int64_t>(coordinate.values);
  // Integers beyond 64 bits stay text: as reals, different ones may be equal.
  bool const is_any_real =
      std::any_of(coordinate.values.begin(), coordinate.values.end(), has_point);
  auto const reals = is_any_real ? as_numbers<double>(coordinate.values) : std::vector<double>{};
  if (!integers.empty())
    write_values(root, coordinate, integers, "1");
  else if (!reals.empty())
    write_values(root, coordinate, reals, "1");
  else
    write_values(root, coordinate, coordinate.values, "");
}

void write_states(Hdf5Group const& root, SweepTable const& table) {
  root.write("state", table.states, table.axes,
             {"how far the runs of the cell are, a position in flag_meanings", ""});
  root.set_member_attribute("state", "flag_meanings", joined(table.state_names, " "));
}

/// The coordinates that are not their dimension's own: xarray takes them from this attribute.
void write_names_of_coordinates(Hdf5Group const& root, SweepTable const& table) {
  std::vector<std::string> names;
  for (NamedCoordinate const& coordinate : table.coordinates)
    if (coordinate.name != coordinate.dimension) names.push_back(coordinate.name);
  if (!names.empty()) root.set_attribute("coordinates", joined(names, " "));
}

}  // namespace

std::size_t SweepTable::size(std::string const& dimension) const {
  return coordinate(dimension).values.size();
}

NamedCoordinate const& SweepTable::coordinate(std::string const& name) const {
  auto const found = std::find_if(coordinates.begin(), coordinates.end(),
                                  [&](NamedCoordinate const& c) { return c.name == name; });
  TVEM_CHECK(found != coordinates.end(), "the sweep has no coordinate " + name);
  return *found;
}

NamedArray const* SweepTable::find(std::string const& name) const {
  auto const found = std::find_if(arrays.begin(), arrays.end(),
                                  [&](NamedArray const& array) { return array.name == name; });
  return found == arrays.end() ? nullptr : &*found;
}

bool is_sweep_file(fs::path const& path) { return is_whole_file_of(sweep_file_type, path); }

void write_sweep_file(fs::path const& path, SweepTable const& table) {
  write_our_file(path, {}, [&](Hdf5Group const& root) {
    write_header(root, sweep_file_type, table.header);
    for (auto const& [name, count] : table.counts) root.set_attribute(name, count);
    root.set_attribute("program_versions", table.program_versions);
    write_names_of_coordinates(root, table);
    for (NamedCoordinate const& coordinate : table.coordinates) write_coordinate(root, coordinate);
    write_states(root, table);
    for (NamedTexts const& texts : table.texts)
      root.write(texts.name, texts.values, texts.dimensions, {texts.long_name, ""});
    for (NamedArray const& array : table.arrays)
      root.write(array.name, array.values, array.dimensions, {array.long_name, array.units});
  });
}

}  // namespace tvem
