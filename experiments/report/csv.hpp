#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tvem {

/// Comma-separated values: texts in quotes where they need them, numbers in full precision, empty
/// cells for NaN.
class CsvWriter {
 public:
  explicit CsvWriter(std::vector<std::string> const& header);

  void add(std::string const& text);
  void add(double value);
  void add(std::int64_t value);
  void end_row();
  std::string const& text() const { return text_; }

 private:
  void add_cell(std::string const& text);

  std::string text_;
  bool is_row_begun_ = false;
};

}  // namespace tvem
