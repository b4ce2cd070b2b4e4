#pragma once

#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

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
void write_column(Hdf5Group const& group, std::span<Record const> records,
                  Column<Record, T> const& column, std::string const& dimension) {
  std::vector<T> values;
  for (Record const& record : records) values.push_back(record.*column.member);
  if constexpr (std::is_same_v<T, std::string>)
    group.write(column.name, values, {dimension}, {column.long_name, ""});
  else if (column.name == dimension)
    group.write_coordinate(column.name, std::span<T const>(values), {column.long_name});
  else
    group.write(column.name, std::span<T const>(values), {dimension}, {column.long_name});
}

/// Writes records over a dimension; the column of that name is its coordinate.
template <class Record, class... Ts>
void write_columns(Hdf5Group const& group, std::type_identity_t<std::span<Record const>> records,
                   std::tuple<Column<Record, Ts>...> const& columns, std::string const& dimension) {
  std::apply([&](auto const&... column) { (write_column(group, records, column, dimension), ...); },
             columns);
}

/// Fills one member of every record; makes the records when it is the first column.
template <class Record, class T>
void read_column(StoredGroup const& group, std::vector<Record>& records, bool& is_first,
                 Column<Record, T> const& column) {
  std::vector<T> values;
  if constexpr (std::is_same_v<T, std::string>)
    values = group.read_text(column.name);
  else
    values = group.read<T>(column.name);
  if (is_first) records.resize(values.size());
  is_first = false;
  group.check(values.size() == records.size(),
              std::string("column ") + column.name + " has another length than the others");
  for (std::size_t i = 0; i < values.size(); ++i) records[i].*column.member = values[i];
}

template <class Record, class... Ts>
std::vector<Record> read_columns(StoredGroup const& group,
                                 std::tuple<Column<Record, Ts>...> const& columns) {
  std::vector<Record> records;
  bool is_first = true;
  std::apply([&](auto const&... column) { (read_column(group, records, is_first, column), ...); },
             columns);
  return records;
}

}  // namespace tvem
