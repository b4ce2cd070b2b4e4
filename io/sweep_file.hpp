#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// An array over named dimensions, row-major; NaN where there is no value.
struct NamedArray {
  std::string name;
  std::vector<std::string> dimensions;
  std::vector<double> values;
  std::string long_name;
  std::string units = "1";
};

struct NamedTexts {
  std::string name;
  std::vector<std::string> dimensions;
  std::vector<std::string> values;
  std::string long_name;
};

/// Values along a dimension. The one that has the dimension's own name comes first.
struct NamedCoordinate {
  std::string name, dimension;
  std::vector<std::string> values;  // written as integers or reals where all of them are
  std::string long_name;
};

/// The results of a sweep over its axes (io/SCHEMA.md).
struct SweepTable {
  FileHeader header;
  std::vector<NamedCoordinate> coordinates;
  std::vector<NamedArray> arrays;
  std::vector<NamedTexts> texts;
  std::vector<std::int8_t> states;  // over the axes: positions in state_names
  std::vector<std::string> state_names;
  std::vector<std::string> axes;                             // the dimensions that are axes
  std::vector<std::pair<std::string, std::int64_t>> counts;  // attributes of the root
  std::string program_versions;  // all that computed results, ", " between

  std::size_t size(std::string const& dimension) const;
  NamedCoordinate const& coordinate(std::string const& name) const;
  /// None where the sweep has no such array.
  NamedArray const* find(std::string const& name) const;
};

/// Whether the path is a whole file of write_sweep_file.
bool is_sweep_file(fs::path const& path);

/// Writes the file durably (durable.hpp). Throws Error naming it.
void write_sweep_file(fs::path const& path, SweepTable const& table);

}  // namespace tvem
