#pragma once

#include <string>
#include <vector>

namespace tvem {

struct CsvLine {
  std::size_t number = 0;  // in the file, from 1
  std::vector<std::string> cells;
  std::vector<bool> is_quoted;  // of every cell
  std::string problem;          // of its quotes; usually empty
};

/// The lines of a CSV text that are neither blank nor comments.
struct CsvText {
  char separator = ',';
  std::vector<CsvLine> lines;
  std::size_t n_comments = 0;
};

/// Splits a CSV text. Lines end in any of the usual ways. Comments begin with #; where a separator
/// other than a space follows at once, # is the first cell. A first line "sep=;" names the
/// separator, as Excel writes it. Otherwise the separator is the one of semicolon, tab, | and comma
/// with which most cells of the first lines after the header are numbers; where several do equally
/// well, the first of these. Where none is found there or in the header, it is a space, and a run
/// of spaces counts as one. A cell in double quotes is text as it stands, with "" for a quote (RFC
/// 4180). Other cells lose the blanks around them.
CsvText csv_text(std::string const& text);

/// The cells of one line, split in the same way.
std::vector<std::string> csv_cells(std::string const& line, char separator);

// The meaning of the text of a cell.

/// Reads a finite number whose decimal mark is '.' or ','. For all else returns false and leaves
/// `value` alone.
bool read_cell(std::string const& cell, char decimal_mark, double& value);

/// Whether commas can be decimal marks beside this separator: a semicolon, a tab or |.
bool may_have_decimal_commas(char separator);

/// Whether a cell is a finite number with any possible decimal mark.
bool is_number(std::string const& cell, char separator);

/// Whether the text stands for a missing number: "NA", "nan", "NULL", "-". An empty cell does not.
bool is_missing_word(std::string const& cell);

/// Whether a cell can be the name of a column: it is "#", or it has a letter and is neither a
/// number, a word for a missing one, nor a bound such as "<0.1".
bool is_column_name(std::string const& cell);

}  // namespace tvem
