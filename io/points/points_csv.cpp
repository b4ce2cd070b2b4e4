#include "framework/core/text.hpp"
#include "io/points/column_choice.hpp"
#include "io/points/csv.hpp"
#include "io/points/csv_table.hpp"
#include "io/points/readers.hpp"

namespace tvem {
namespace {

/// Makes points of the chosen columns of a CSV file, and collects problems.
class CsvPoints {
 public:
  CsvPoints(CsvTable csv, std::string const& subject, PointSelection const& selection)
      : csv_(std::move(csv)), selection_(selection), problems_(subject) {}

  PointTable table() {
    PointTable table;
    table.notes = csv_.notes;
    choice_ = choose_columns(csv_.names, selection_.columns, selection_.labels, csv_.row_names,
                             problems_, table.notes);
    problems_.stop();
    table.columns = unique_names(csv_.names, choice_.points, table.notes);
    find_decimal_mark(table.notes);
    RowCollector rows(std::ssize(choice_.points), choice_.labels.has_value());
    for (CsvLine const& row : csv_.rows) read_row(row, rows);
    rows.finish(table, problems_);
    problems_.stop();
    return table;
  }

 private:
  bool is_whole(CsvLine const& row) const {
    return row.problem.empty() && row.cells.size() == csv_.names.size();
  }

  /// The decimal mark is a comma where some number of the points has one and none has a point.
  void find_decimal_mark(std::vector<std::string>& notes) {
    if (!may_have_decimal_commas(csv_.separator)) return;
    double value = 0;
    for (CsvLine const& row : csv_.rows)
      for (std::size_t const c : choice_.points) {
        if (decimal_mark_ == ',' || !is_whole(row) || read_cell(row.cells[c], '.', value)) continue;
        if (!read_cell(row.cells[c], ',', value)) continue;
        decimal_mark_ = ',';
        notes.push_back(
            fmt::format("commas within numbers are decimal marks, as in \"{}\" of line {}",
                        row.cells[c], row.number));
      }
  }

  void read_row(CsvLine const& row, RowCollector& rows) {
    if (!row.problem.empty()) return report(row, row.problem);
    if (!is_whole(row))
      return report(row, fmt::format("{} values, not {} as in the first line", row.cells.size(),
                                     csv_.names.size()));
    std::vector<double> values;
    bool is_missing = false;
    for (std::size_t const c : choice_.points) {
      double value = 0;
      if (!read_cell(row.cells[c], decimal_mark_, value)) is_missing |= read_failed(row, c);
      values.push_back(value);
    }
    std::string const label = choice_.labels ? row.cells[*choice_.labels] : "";
    bool const has_no_label =
        choice_.labels && (label.empty() || (label == "NA" && !row.is_quoted[*choice_.labels]));
    if (has_no_label && !selection_.drops_missing)
      report(row, *choice_.labels, "there is no label; --missing drop leaves such rows out");
    if (is_missing || has_no_label)
      rows.leave_out();
    else
      rows.add(values, label);
  }

  /// Whether a cell that is not a number is a missing one. Reports other cells, and missing ones
  /// when they are refused.
  bool read_failed(CsvLine const& row, std::size_t c) {
    std::string const& text = row.cells[c];
    bool const is_missing = text.empty() || is_missing_word(text);
    if (is_missing && selection_.drops_missing) return true;
    double value = 0;
    std::string const what =
        text.empty() ? "there is no value" : fmt::format("\"{}\" is not a finite number", text);
    if (is_missing)
      report(row, c, what + "; --missing drop leaves such rows out");
    else if (decimal_mark_ == ',' && read_cell(text, '.', value))
      report(row, c, fmt::format("\"{}\" has a decimal point, others have commas", text));
    else
      report(row, c, what + "; leave the column out with --columns, or name it with --labels");
    return is_missing;
  }

  void report(CsvLine const& row, std::size_t c, std::string const& problem) {
    report(row, fmt::format("{}: {}", column_title(csv_.names, c), problem));
  }
  void report(CsvLine const& row, std::string const& problem) {
    bool const may_be_header =
        &row == &csv_.rows.front() && !selection_.has_header && !csv_.has_header;
    problems_.add(fmt::format(", line {}: {}{}", row.number, problem,
                              may_be_header ? "; say --header yes if this line is a header" : ""));
  }

  CsvTable csv_;
  PointSelection const& selection_;
  ProblemList problems_;
  ColumnChoice choice_;
  char decimal_mark_ = '.';
};

}  // namespace

PointTable read_csv_points(std::string const& text, std::string const& subject,
                           PointSelection const& selection) {
  return CsvPoints(csv_table(text, subject, selection.has_header), subject, selection).table();
}

}  // namespace tvem
