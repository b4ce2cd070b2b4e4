#pragma once

#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "framework/core/text.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/stored.hpp"

namespace tvem {

/// A member of a record as a column of a group. A tuple of these describes a table once, for
/// writing and for reading.
template <class Record, class T>
struct Column {
  char const* name;
  T Record::*member;
  char const* long_name;
};
template <class Record, class T>
Column(char const*, T Record::*, char const*) -> Column<Record, T>;  // Clang 14 asks for it

template <class Record, class T>
void write_column(Hdf5Group const& group, std::span<Record const> records,
                  Column<Record, T> const& column, std::string const& dimension) {
  std::vector<T> values;
  for (Record const& record : records) values.push_back(record.*column.member);
  bool const is_text = std::is_same_v<T, std::string>;
  Hdf5Description const description{column.long_name, is_text ? "" : "1"};
  if (column.name == dimension)
    group.write_coordinate(column.name, values, description);
  else
    group.write(column.name, values, {dimension}, description);
}

/// Writes records over a dimension; the column of that name is its coordinate.
template <class Record, class... Ts>
void write_columns(Hdf5Group const& group, std::type_identity_t<std::span<Record const>> records,
                   std::tuple<Column<Record, Ts>...> const& columns, std::string const& dimension) {
  std::apply([&](auto const&... column) { (write_column(group, records, column, dimension), ...); },
             columns);
}

template <class Record, class... Ts>
std::vector<Record> read_columns(StoredGroup const& group,
                                 std::tuple<Column<Record, Ts>...> const& columns) {
  std::vector<Record> records;
  bool is_first = true;
  auto const read = [&]<class T>(Column<Record, T> const& column) {
    auto const values = group.read<T>(column.name);
    if (std::exchange(is_first, false)) records.resize(values.size());
    group.check(values.size() == records.size(),
                fmt::format("column {} has another length than the others", column.name));
    for (std::size_t i = 0; i < values.size(); ++i) records[i].*column.member = values[i];
  };
  std::apply([&](auto const&... column) { (read(column), ...); }, columns);
  return records;
}

}  // namespace tvem
