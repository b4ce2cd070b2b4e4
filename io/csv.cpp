#include "tvem/io/csv.hpp"

#include <cstdlib>
#include <sstream>

#include "tvem/core/text.hpp"

namespace tvem {
namespace {

char separator_of(std::string const& line) {
  std::string plain;  // what stands in no quotes
  bool is_quoted = false;
  for (char const c : line) {
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted) plain += c;
  }
  for (char const separator : {',', ';', '\t'})
    if (plain.find(separator) != std::string::npos) return separator;
  return ' ';
}

/// Reads the cells of one line, character by character.
class LineReader {
 public:
  LineReader(std::string const& text, char separator) : text_(text), separator_(separator) {}

  CsvLine read(std::size_t number) {
    CsvLine line{number, {}, {}};
    do {
      skip_blanks();
      if (separator_ == ' ' && at_end()) break;
      line.cells.push_back(at_quote() ? quoted(line.problem) : plain(line.problem));
    } while (next_cell());
    return line;
  }

 private:
  bool at_end() const { return place_ == text_.size(); }
  bool at_quote() const { return !at_end() && text_[place_] == '"'; }
  bool at_separator() const { return !at_end() && text_[place_] == separator_; }
  void skip_blanks() {
    while (!at_end() && (text_[place_] == ' ' || text_[place_] == '\t') &&
           (separator_ == ' ' || !at_separator()))
      ++place_;
  }
  bool next_cell() {
    if (at_end()) return false;
    ++place_;
    return true;
  }
  std::string plain(std::string& problem) {
    std::size_t const begin = place_;
    while (!at_end() && !at_separator()) {
      if (at_quote()) problem = "a quote within a text that does not begin with one";
      ++place_;
    }
    return trimmed(text_.substr(begin, place_ - begin));
  }
  std::string quoted(std::string& problem) {
    std::string cell;
    for (++place_; !at_end(); ++place_) {
      if (at_quote() && text_.compare(place_, 2, "\"\"") != 0) break;
      if (at_quote()) ++place_;
      cell += text_[place_];
    }
    if (at_end())
      problem = "a quote is not closed";
    else
      ++place_;
    std::string const rest = plain(problem);
    if (!rest.empty()) problem = "\"" + rest + "\" follows the end of a quoted text";
    return cell;
  }

  std::string const& text_;
  char separator_;
  std::size_t place_ = 0;
};

/// With line feeds for the line ends of other systems.
std::string with_line_feeds(std::string const& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r')
      result += text[i];
    else if (i + 1 == text.size() || text[i + 1] != '\n')
      result += '\n';
  }
  return result;
}

}  // namespace

std::vector<CsvLine> csv_lines(std::string const& text) {
  std::vector<CsvLine> lines;
  std::istringstream in(with_line_feeds(text));
  std::string line;
  char separator = 0;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (trimmed(line).empty()) continue;
    if (separator == 0) separator = separator_of(line);
    lines.push_back(LineReader(line, separator).read(number));
  }
  return lines;
}

bool is_column_name(std::string const& cell) {
  if (cell.empty()) return false;
  char* end = nullptr;
  std::strtod(cell.c_str(), &end);  // reads nan, inf and 1e400 too
  if (*end == '\0') return false;
  for (auto const* missing : {"NA", "N/A", "NULL", "null", "None", "none", "?"})
    if (cell == missing) return false;
  return true;
}

}  // namespace tvem
