#pragma once

#include <string>

namespace tvem {

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
