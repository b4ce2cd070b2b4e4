#pragma once

#include <string>

namespace tvem {

// What the text of a cell is.

/// A finite number whose decimal mark is '.' or ','; false, and `value` as it was, for all else.
bool read_cell(std::string const& cell, char decimal_mark, double& value);

/// Whether commas can be decimal marks where this separates the cells: a semicolon, a tab or |.
bool may_have_decimal_commas(char separator);

/// Whether a cell is a finite number, with any decimal mark that it can have.
bool is_number(std::string const& cell, char separator);

/// Whether files have the text in the place of a number that is missing: "NA", "nan", "NULL", "-".
/// An empty cell is none.
bool is_missing_word(std::string const& cell);

/// Whether a cell can be the name of a column: it is "#", or has a letter and is neither a number,
/// what stands for a missing one, nor the bound of one, such as "<0.1".
bool is_column_name(std::string const& cell);

}  // namespace tvem
