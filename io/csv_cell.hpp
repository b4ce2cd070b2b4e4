#pragma once

#include <string>

namespace tvem {

// What the text of a cell is.

/// A finite number whose decimal mark is '.' or ','; false, and `value` as it was, for all else.
bool read_cell(std::string const& cell, char decimal_mark, double& value);

/// Whether a cell is a finite number; where commas do not separate cells, they may be its decimal
/// mark.
bool is_number(std::string const& cell, char separator);

/// Whether files have the text in the place of a number that is missing: "NA", "nan", "NULL", "-".
/// An empty cell is none.
bool is_missing_word(std::string const& cell);

/// Whether a cell can be the name of a column: it is "#", or has a letter and is neither a number,
/// what stands for a missing one, nor the bound of one, such as "<0.1".
bool is_column_name(std::string const& cell);

}  // namespace tvem
