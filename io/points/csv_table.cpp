#include "io/points/csv_table.hpp"

#include <algorithm>
#include <map>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/points/csv.hpp"
#include "io/points/text_encoding.hpp"

namespace tvem {
namespace {

/// Whether the first cells of the rows are begin, begin + 1, ...
bool counts_from(int begin, std::vector<CsvLine> const& rows) {
  for (CsvLine const& row : rows) {
    double value = 0;
    if (row.cells.empty() || !read_cell(row.cells[0], '.', value) || value != begin) return false;
    ++begin;
  }
  return true;
}

bool are_numbers_of_rows(std::vector<CsvLine> const& rows) {
  return rows.size() > 1 && (counts_from(0, rows) || counts_from(1, rows));
}

bool is_empty(CsvLine const& line, std::size_t c) {
  return line.cells[c].empty() && !line.is_quoted[c];
}

class TableReader {
 public:
  TableReader(std::string const& text, std::string subject)
      : subject_(std::move(subject)), csv_(csv_text(text)) {
    if (csv_.lines.empty()) refuse(": the file is empty");
    first_ = csv_.lines[0];
    table_.separator = csv_.separator;
    if (csv_.n_comments > 0)
      table_.notes.push_back(
          fmt::format("lines that begin with # are left out as comments: {}", csv_.n_comments));
  }

  CsvTable table(std::optional<bool> given) {
    make_cells_utf8();
    drop_empty_last_columns();
    std::size_t const corner = lacks_corner(given.value_or(false)) ? 1 : 0;
    table_.has_header = given ? *given : corner == 1 || is_header();
    if (!table_.has_header || corner == 0) check_length_of_first();
    if (table_.has_header && !first_.problem.empty()) refuse_line(first_, first_.problem);
    table_.rows = std::move(csv_.lines);
    if (table_.has_header) table_.rows.erase(table_.rows.begin());
    if (table_.rows.empty()) refuse(": there is a header and no data");
    name_columns(table_.has_header ? corner : 0);
    return std::move(table_);
  }

 private:
  [[noreturn]] void refuse(std::string const& problem) const {
    throw ConfigurationError(subject_ + problem);
  }
  [[noreturn]] void refuse_line(CsvLine const& line, std::string const& problem) const {
    refuse(fmt::format(", line {}: {}", line.number, problem));
  }
  [[noreturn]] void refuse_as_ambiguous(std::string const& reason) const {
    refuse_line(first_, reason + ": say whether it is a header with --header yes or --header no");
  }
  bool has_quotes_below(std::size_t c) const {
    return !all_below(
        [c](CsvLine const& line) { return c >= line.cells.size() || !line.is_quoted[c]; });
  }
  template <class Holds>
  bool all_below(Holds const& holds) const {
    return std::all_of(csv_.lines.begin() + 1, csv_.lines.end(), holds);
  }
  std::string place_of(std::size_t line, std::size_t c) const {
    return fmt::format("line {}, column {}", csv_.lines[line].number, c + 1);
  }

  void make_cells_utf8() {
    std::vector<std::string*> texts;
    std::vector<std::string> places;
    for (std::size_t i = 0; i < csv_.lines.size(); ++i)
      for (std::size_t c = 0; c < csv_.lines[i].cells.size(); ++c) {
        std::string& cell = csv_.lines[i].cells[c];
        bool const is_ascii =
            std::all_of(cell.begin(), cell.end(), [](unsigned char byte) { return byte < 0x80; });
        if (is_ascii) continue;
        texts.push_back(&cell);
        places.push_back(place_of(i, c));
      }
    Decoding const decoding = make_utf8(texts);
    if (decoding.refused)
      refuse(
          fmt::format(", {}: the texts of the file are neither all UTF-8 nor all Windows-1252 "
                      "(Latin-1), as this one shows; convert the file to UTF-8 (iconv)",
                      places[*decoding.refused]));
    if (decoding.converted)
      table_.notes.push_back(
          fmt::format("the file is not UTF-8 ({}); its texts are read as Windows-1252 (Latin-1)",
                      places[*decoding.converted]));
    first_ = csv_.lines[0];
  }

  /// A separator after the last value of each line makes an empty column; the header may lack it.
  bool has_empty_last_column() const {
    auto const& lines = csv_.lines;
    std::size_t const width = lines.back().cells.size(), of_first = first_.cells.size();
    if (width < 2 || of_first > width) return false;
    if (of_first == width && !is_empty(first_, width - 1)) return false;
    return std::all_of(lines.begin() + (lines.size() > 1 ? 1 : 0), lines.end(),
                       [width](CsvLine const& line) {
                         return line.cells.size() == width && is_empty(line, width - 1);
                       });
  }
  void drop_empty_last_columns() {
    bool is_any = false;
    for (; has_empty_last_column(); is_any = true) {
      std::size_t const width = csv_.lines.back().cells.size();
      for (CsvLine& line : csv_.lines) {
        line.cells.resize(std::min(line.cells.size(), width - 1));
        line.is_quoted.resize(line.cells.size());
      }
      first_ = csv_.lines[0];
    }
    if (is_any) table_.notes.push_back("separators after the last value are left out");
  }

  /// Whether the header has no name for the row names, as R's write.table has it.
  bool lacks_corner(bool is_given) const {
    std::size_t const width = first_.cells.size() + 1;
    if (csv_.lines.size() < 2 || csv_.lines[1].cells.size() != width) return false;
    for (std::size_t c = 0; c < first_.cells.size(); ++c)
      if (!is_given && !is_name(c, c + 1)) return false;
    bool const fits = all_below([&](CsvLine const& row) { return row.cells.size() == width; });
    bool const are_names = all_below([&](CsvLine const& row) {
      return row.is_quoted[0] || !is_number(row.cells[0], csv_.separator);
    });
    return fits && (are_names || are_numbers_of_rows({csv_.lines.begin() + 1, csv_.lines.end()}));
  }

  /// Whether a cell of the first line names the column `below`.
  bool is_name(std::size_t c, std::size_t below) const {
    std::string const& cell = first_.cells[c];
    if (is_column_name(cell)) return true;
    return first_.is_quoted[c] && is_number(cell, csv_.separator) && !has_quotes_below(below);
  }
  bool is_above_number(std::size_t c) const {
    if (csv_.lines.size() == 1) return true;
    return !all_below([&](CsvLine const& line) {
      return c >= line.cells.size() ||
             !(is_number(line.cells[c], csv_.separator) || is_missing_word(line.cells[c]));
    });
  }

  bool is_header() const {
    std::size_t const width = first_.cells.size();
    bool const has_corner = width > 1 && first_.cells[0].empty();
    bool are_numbers = true, are_quoted = true, are_names = true, is_one_above_number = false;
    for (std::size_t c = has_corner ? 1 : 0; c < width; ++c) {
      are_numbers &= is_number(first_.cells[c], csv_.separator);
      are_quoted &= first_.is_quoted[c];
      are_names &= is_name(c, c) || first_.cells[c].empty();
      is_one_above_number |= is_name(c, c) && is_above_number(c);
    }
    refuse_text_unlike_others();
    if (!are_numbers) return are_names && is_one_above_number;
    if (are_quoted && !are_names)
      refuse_as_ambiguous("all numbers of the file are quoted, so these may be names of columns");
    if (are_quoted) return true;
    refuse_ambiguous_numbers(has_corner);
    return false;
  }

  /// Refuses numbers beside a text that its column has once, where it has all other texts several
  /// times: a label or, as in 1990,1991,species, a name.
  void refuse_text_unlike_others() const {
    std::size_t n_texts = 0, n_unlike = 0;
    for (std::size_t c = 0; c < first_.cells.size(); ++c) {
      if (is_number(first_.cells[c], csv_.separator)) continue;
      ++n_texts;
      if (is_column_name(first_.cells[c]) && is_unlike_others(c)) ++n_unlike;
    }
    if (n_texts > 0 && n_texts < first_.cells.size() && n_unlike == n_texts)
      refuse_as_ambiguous("numbers beside a text that its column has once may be names of columns");
  }
  bool is_unlike_others(std::size_t c) const {
    std::map<std::string, int> counts;
    for (CsvLine const& line : csv_.lines)
      if (c < line.cells.size()) ++counts[line.cells[c]];
    return counts.size() > 1 && std::all_of(counts.begin(), counts.end(), [&](auto const& count) {
             return (count.second == 1) == (count.first == first_.cells[c]) &&
                    !is_number(count.first, csv_.separator);
           });
  }

  /// For a first line of numbers, perhaps behind an empty corner.
  void refuse_ambiguous_numbers(bool has_corner) const {
    auto const& cells = first_.cells;
    if (has_corner)
      refuse_as_ambiguous("numbers behind an empty first cell may be names of columns or a point");
    bool is_count = true;
    for (std::size_t c = 0; c < cells.size(); ++c) is_count &= cells[c] == fmt::to_string(c);
    if (is_count)
      refuse_as_ambiguous(
          fmt::format("\"{}{}\" may be numbers of columns, as pandas writes them, or a point",
                      cells.front(), cells.size() > 1 ? ".." + cells.back() : ""));
    bool const is_size = cells.size() == 2 && csv_.lines.size() > 3 && cells[1] == "2" &&
                         cells[0] == fmt::to_string(csv_.lines.size() - 1);
    if (is_size)
      refuse_as_ambiguous(
          fmt::format("\"{}\" and \"{}\" may be the numbers of rows and columns below, or a point",
                      cells[0], cells[1]));
  }

  /// When all other lines agree, the first one is no part of the table.
  void check_length_of_first() const {
    auto const& lines = csv_.lines;
    std::size_t const width = lines.back().cells.size(), of_first = first_.cells.size();
    if (lines.size() < 3 || of_first == width) return;
    if (all_below([&](CsvLine const& line) { return line.cells.size() == width; }))
      refuse_line(first_,
                  fmt::format("{} values, where all lines below have {}; take the line away, or "
                              "begin it with #, if it is not part of the table",
                              of_first, width));
  }

  void name_columns(std::size_t corner) {
    std::size_t const width = first_.cells.size() + corner;
    for (std::size_t c = 0; c < width; ++c) {
      bool const is_named = table_.has_header && c >= corner && !first_.cells[c - corner].empty();
      table_.names.push_back(is_named ? first_.cells[c - corner] : fmt::format("x{}", c + 1));
    }
    std::string const& name = table_.names[0];
    if (corner == 1)
      table_.row_names = "the header has one name fewer than there are columns";
    else if (table_.has_header && first_.cells[0].empty())
      table_.row_names = "its name is empty";
    else if (table_.has_header &&
             (name == "rownames" || name == "row.names" || name == "Unnamed: 0"))
      table_.row_names = "it is called so";
    else if (width > 1 && are_numbers_of_rows(table_.rows))
      table_.row_names = fmt::format("its values are {}..{} in order", table_.rows.front().cells[0],
                                     table_.rows.back().cells[0]);
  }

  std::string subject_;
  CsvText csv_;
  CsvLine first_;  // csv_.lines[0]
  CsvTable table_;
};

}  // namespace

CsvTable csv_table(std::string const& text, std::string const& subject,
                   std::optional<bool> has_header) {
  return TableReader(text, subject).table(has_header);
}

}  // namespace tvem
