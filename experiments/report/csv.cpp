#include "experiments/report/csv.hpp"

#include <cmath>

#include <fmt/format.h>

namespace tvem {

CsvWriter::CsvWriter(std::vector<std::string> const& header) {
  for (auto const& name : header) add(name);
  end_row();
}

void CsvWriter::add(std::string const& text) {
  if (text.find_first_of(",\" ") == std::string::npos) return add_cell(text);
  std::string quoted = "\"";
  for (char const c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  add_cell(quoted + "\"");
}

void CsvWriter::add(double value) {
  add_cell(std::isnan(value) ? "" : fmt::format("{:.17g}", value));
}

void CsvWriter::add(std::int64_t value) { add_cell(fmt::to_string(value)); }

void CsvWriter::end_row() {
  text_ += '\n';
  is_row_begun_ = false;
}

void CsvWriter::add_cell(std::string const& text) {
  if (is_row_begun_) text_ += ',';
  text_ += text;
  is_row_begun_ = true;
}

}  // namespace tvem
