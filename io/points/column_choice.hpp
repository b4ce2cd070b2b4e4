#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/points/points_file.hpp"
#include "io/points/problem_list.hpp"

namespace tvem {

/// Columns of a file of points, from 0.
struct ColumnChoice {
  std::vector<std::size_t> points;
  std::optional<std::size_t> labels;
};

/// The columns that a user asks for, by their names or, where none is called so, by their numbers
/// from 1; all but the labels when none is named. names: of all columns; label: that of the labels,
/// or empty; row_names: why the first column is taken for the names of the rows (csv_table.hpp),
/// and left out with a note unless it is named or the only one. Adds to `problems` names that are
/// not there, belong to several columns or are given twice, and says it when no column is left.
ColumnChoice choose_columns(std::vector<std::string> const& names,
                            std::vector<std::string> const& wanted, std::string const& label,
                            std::string const& row_names, ProblemList& problems,
                            std::vector<std::string>& notes);

/// Names of the columns of the points, no two the same: of columns with one name all but the first
/// have their number added, and a note says it.
std::vector<std::string> unique_names(std::vector<std::string> const& names,
                                      std::vector<std::size_t> const& columns,
                                      std::vector<std::string>& notes);

/// Takes over the points and labels of the rows without missing values, and their numbers.
class RowCollector {
 public:
  RowCollector(std::size_t n_columns, bool has_labels)
      : n_columns_(n_columns), has_labels_(has_labels) {}
  void add(std::vector<double> const& values, std::string const& label);
  /// The next row has a missing value.
  void leave_out();
  /// Fills in points, labels, rows, and a note of the rows that were left out. Adds a problem when
  /// no row is there.
  void finish(PointTable& table, ProblemList& problems) const;

 private:
  std::size_t n_columns_;
  bool has_labels_;
  std::vector<double> values_;
  std::vector<std::string> labels_;
  std::vector<std::int64_t> rows_, left_out_;
};

}  // namespace tvem
