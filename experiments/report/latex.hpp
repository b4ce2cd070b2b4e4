#pragma once

#include <string>
#include <vector>

namespace tvem {

/// Rows of cells, the first one the head, as a tabular of LaTeX with the lines of the package
/// booktabs. The first n_left columns are flush left, the others right. comments: lines before it.
std::string latex_table(std::vector<std::vector<std::string>> const& rows, std::size_t n_left,
                        std::vector<std::string> const& comments);

}  // namespace tvem
