#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tvem/tasks/mixture.hpp"

namespace tvem {

/// A user's own points.
struct PointTable {
  std::vector<std::string> columns;  // d names: of the header, else x1, x2, ...
  RowMatrix points;                  // n x d
  std::vector<std::string> labels;   // n true labels as text; or none
};

/// What to take of a file of points.
struct PointSelection {
  std::string dataset;               // HDF5: path of the points (n x d)
  std::vector<std::string> columns;  // CSV: names or numbers from 1; empty: all but `labels`
  std::string labels;  // CSV: name or number of a column; HDF5: path of a dataset (n); or none
};

/// Reads a CSV file (separated by commas, semicolons, tabs or spaces, with or without a header,
/// texts quoted or not) or, when it begins as one, an HDF5 file. Throws ConfigurationError with
/// every problem, up to ten, each with line and column: no numbers, NaN or infinity, lines of
/// different lengths, columns that are not there, an empty file.
PointTable read_points(std::filesystem::path const& path, PointSelection const& selection);

}  // namespace tvem
