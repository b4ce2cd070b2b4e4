#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/tasks/mixture.hpp"
#include "io/fs.hpp"

namespace tvem {

struct PointTable {
  std::vector<std::string> columns;  // d different names: of the header, else x1, x2, ...
  RowMatrix points;                  // n x d
  std::vector<std::string> labels;   // n true labels as text; or none
  std::vector<std::int64_t> rows;    // n: which row of the data each point is, from 1
  std::vector<std::string> notes;    // what was left out or converted, a sentence each
};

/// What to take of a file of points.
struct PointSelection {
  std::string dataset = {};               // HDF5: path of the points (n x d)
  std::vector<std::string> columns = {};  // names or numbers from 1; empty: all but `labels`
  std::string labels = {};  // CSV: name or number of a column; HDF5: path of a dataset (n); or none
  std::optional<bool> has_header =
      {};                      // CSV: whether the first line is a header; none: by its cells
  bool drops_missing = false;  // leave out rows with missing values, rather than refuse them
};

/// Reads a CSV file (csv.hpp, csv_table.hpp), or an HDF5 file (readers.hpp). A first column
/// that holds the names or numbers of the rows is left out, unless selection.columns has it. Throws
/// ConfigurationError with up to ten problems, each with line (HDF5: row) and column: no numbers,
/// infinity, missing values, lines of different lengths, columns that are missing or not unique, an
/// empty file.
PointTable read_points(fs::path const& path, PointSelection const& selection);

}  // namespace tvem
