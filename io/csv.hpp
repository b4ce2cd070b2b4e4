#pragma once

#include <string>
#include <vector>

namespace tvem {

/// A line of a CSV file.
struct CsvLine {
  std::size_t number;  // in the file, from 1
  std::vector<std::string> cells;
  std::string problem;  // of its quotes; usually empty
};

/// The lines of a CSV text that are not blank. Cells are separated by what the first line has of
/// comma, semicolon and tab, in this order, else by spaces, runs of which count as one. A cell in
/// double quotes is text as it stands, "" within it a quote (RFC 4180); others lose the blanks
/// around them. Lines end in any of the usual ways.
std::vector<CsvLine> csv_lines(std::string const& text);

/// Whether a cell can be the name of a column: no number, nor what files have in the place of one.
bool is_column_name(std::string const& cell);

}  // namespace tvem
