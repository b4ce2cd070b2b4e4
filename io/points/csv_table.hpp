#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/points/csv.hpp"

namespace tvem {

/// A CSV file with its header read.
struct CsvTable {
  std::vector<std::string> names;  // of the header, x1, x2, ... where it has none
  std::vector<CsvLine> rows;       // at least one; their numbers of cells may differ
  char separator = ',';
  bool has_header = false;
  std::string row_names;           // why the first column holds names of rows; empty: it does not
  std::vector<std::string> notes;  // what was left out or converted, a sentence each
};

/// Reads a text as a table; its texts become UTF-8. has_header: as the user says; none: the first
/// line is a header when
///   - all its cells are quoted numbers, or
///   - all are names (csv.hpp), one of them above a number; the first may be empty.
/// A header with one name fewer than the lines below lacks that of the first column, if this one
/// holds names of rows, as R writes it. A last column without any value is left out. Throws
/// ConfigurationError, beginning with `subject`, for an empty table, texts of no clear encoding, a
/// quote amiss in the header, a first line of another length than all others, and where the first
/// line may be names as well as numbers: 0, 1, 2, ...; numbers behind an empty cell; quoted numbers
/// above quoted ones; the numbers of rows and of columns; numbers beside a text that its column has
/// once, and all others more often.
CsvTable csv_table(std::string const& text, std::string const& subject,
                   std::optional<bool> has_header);

}  // namespace tvem
