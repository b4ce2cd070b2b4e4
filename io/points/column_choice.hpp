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

/// "column 2 (width)".
std::string column_title(std::vector<std::string> const& names, std::size_t c);

/// Finds the columns that a user names, or numbers from 1 where no column has that name. Without
/// names, takes all columns but the labels. names: of all columns. label: name of the labels, or
/// empty. row_names: why the first column seems to hold the names of the rows (csv_table.hpp), or
/// empty; it is then left out with a note, unless it is named or the only one. Adds to `problems`
/// names that are missing, belong to several columns or come twice, and says when no column is
/// left.
ColumnChoice choose_columns(std::vector<std::string> const& names,
                            std::vector<std::string> const& wanted, std::string const& label,
                            std::string const& row_names, ProblemList& problems,
                            std::vector<std::string>& notes);

/// Different names for the columns of the points. Where two have one name, the later one gets its
/// number added, and a note says so.
std::vector<std::string> unique_names(std::vector<std::string> const& names,
                                      std::vector<std::size_t> const& columns,
                                      std::vector<std::string>& notes);

/// Collects the points, labels and numbers of the rows without missing values.
class RowCollector {
 public:
  RowCollector(Eigen::Index n_columns, bool has_labels)
      : n_columns_(n_columns), has_labels_(has_labels) {}
  void add(std::vector<double> const& values, std::string const& label);
  /// The next row has a missing value.
  void leave_out() { left_out_.push_back(++n_rows_); }
  /// Fills in points, labels, rows, and a note on the rows that were left out. Adds a problem when
  /// no row is left.
  void finish(PointTable& table, ProblemList& problems) const;

 private:
  Eigen::Index n_columns_;
  bool has_labels_;
  std::int64_t n_rows_ = 0;
  std::vector<double> values_;
  std::vector<std::string> labels_;
  std::vector<std::int64_t> rows_, left_out_;
};

}  // namespace tvem
