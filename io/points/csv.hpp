#pragma once

#include <string>
#include <vector>

namespace tvem {

/// A line of a CSV file.
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
/// separator, as Excel has it. Otherwise it is the one of semicolon, tab, | and comma with which
/// most cells of the first lines after the header are numbers (the first of these when several do),
/// and where none of them is found there or in the header, a space, runs of which count as one. A
/// cell in double quotes is text as it stands, "" within it a quote (RFC 4180); others lose the
/// blanks around them.
CsvText csv_text(std::string const& text);

/// The cells of one line, split as those of a CSV text.
std::vector<std::string> csv_cells(std::string const& line, char separator);

}  // namespace tvem
