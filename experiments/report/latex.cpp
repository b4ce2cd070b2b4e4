#include "experiments/report/latex.hpp"

#include "framework/core/text.hpp"

namespace tvem {
namespace {

bool is_number_start(std::string const& cell, std::size_t i) {
  return i + 1 < cell.size() && cell[i + 1] >= '0' && cell[i + 1] <= '9' &&
         (i == 0 || cell[i - 1] == ' ' || cell[i - 1] == '[');
}

/// The text of a cell; the sign of a number is a minus sign, and what LaTeX reads otherwise is
/// escaped.
std::string latex_cell(std::string const& cell) {
  constexpr std::string_view escaped = "&%$#_{}";
  std::string text;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    char const c = cell[i];
    if ((c == '-' || c == '+') && is_number_start(cell, i))
      text += fmt::format("${}$", c);
    else if (escaped.find(c) != std::string_view::npos)
      text += fmt::format("\\{}", c);
    else if (c == '\\' || c == '~' || c == '^')
      text += fmt::format("\\char{} ", int{c});
    else
      text += c;
  }
  return text;
}

std::string latex_row(std::vector<std::string> const& row) {
  std::vector<std::string> cells;
  for (std::string const& cell : row) cells.push_back(latex_cell(cell));
  return joined(cells, " & ") + R"( \\)";
}

}  // namespace

std::string latex_table(std::vector<std::vector<std::string>> const& rows, std::size_t n_left,
                        std::vector<std::string> const& comments) {
  std::vector<std::string> lines;
  for (std::string const& comment : comments) lines.push_back("% " + comment);
  std::string const columns = std::string(n_left, 'l') + std::string(rows[0].size() - n_left, 'r');
  lines.push_back(fmt::format("\\begin{{tabular}}{{{}}}", columns));
  lines.emplace_back("\\toprule");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    lines.push_back(latex_row(rows[i]));
    if (i == 0) lines.emplace_back("\\midrule");
  }
  lines.insert(lines.end(), {"\\bottomrule", "\\end{tabular}"});
  return joined(lines, "\n") + "\n";
}

}  // namespace tvem
