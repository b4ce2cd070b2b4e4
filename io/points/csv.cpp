#include "io/points/csv.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

#include "framework/core/text.hpp"

namespace tvem {
namespace {

class LineReader {
 public:
  LineReader(std::string const& text, char separator) : text_(text), separator_(separator) {}

  CsvLine read(std::size_t number) {
    CsvLine line{number, {}, {}, {}};
    do {
      skip_blanks();
      if (separator_ == ' ' && at_end()) break;
      line.is_quoted.push_back(at_quote());
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

/// The text with line feeds for the line ends of other systems.
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

struct RawLine {
  std::size_t number;
  std::string text;
};

std::vector<RawLine> raw_lines(std::string const& text) {
  std::vector<RawLine> lines;
  std::istringstream in(with_line_feeds(text));
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number)
    if (!trimmed(line).empty()) lines.push_back({number, line});
  return lines;
}

/// Excel's first line "sep=;", which names the separator.
bool names_separator(std::string const& line) {
  return line.starts_with("sep=") && line.size() == 5 && line[4] != '"';
}

bool begins_with_hash(std::string const& line) { return trimmed(line).starts_with('#'); }

/// Where columns are named, # may be the first name.
bool is_comment(std::string const& line, char separator) {
  std::string const text = trimmed(line);
  return text.starts_with('#') && (separator == ' ' || text.size() < 2 || text[1] != separator);
}

/// The separator that makes most cells of these lines numbers.
char separator_of(std::vector<std::string> const& sample) {
  char best = ' ';
  int most = -1;
  for (char const separator : {';', '\t', '|', ','}) {
    int n_numbers = 0;
    bool is_there = false;
    for (std::string const& line : sample) {
      auto const cells = csv_cells(line, separator);
      is_there |= cells.size() > 1;
      for (std::string const& cell : cells)
        n_numbers += int{is_number(cell, separator) || is_missing_word(cell)};
    }
    if (!is_there || n_numbers <= most) continue;
    most = n_numbers;
    best = separator;
  }
  return best;
}

/// The separator of the first lines. The very first may be a header: it counts only where the
/// others show none.
char separator_of(std::vector<RawLine> const& lines) {
  constexpr std::size_t most = 50;
  std::vector<std::string> header, sample;
  for (RawLine const& line : lines)
    if (!begins_with_hash(line.text) && sample.size() < most)
      (header.empty() ? header : sample).push_back(line.text);
  char const separator = separator_of(sample);
  return separator == ' ' ? separator_of(header) : separator;
}

}  // namespace

CsvText csv_text(std::string const& text) {
  auto lines = raw_lines(text);
  CsvText csv;
  if (!lines.empty() && names_separator(lines[0].text)) {
    csv.separator = lines[0].text[4];
    lines.erase(lines.begin());
  } else {
    csv.separator = separator_of(lines);
  }
  for (RawLine const& line : lines) {
    if (is_comment(line.text, csv.separator))
      ++csv.n_comments;
    else
      csv.lines.push_back(LineReader(line.text, csv.separator).read(line.number));
  }
  return csv;
}

std::vector<std::string> csv_cells(std::string const& line, char separator) {
  return LineReader(line, separator).read(1).cells;
}

// ---- cells

bool read_cell(std::string const& cell, char decimal_mark, double& value) {
  std::string text = cell;
  if (decimal_mark == ',') {
    auto const comma = text.find(',');
    if (text.find('.') != std::string::npos) return false;
    if (comma != std::string::npos) text[comma] = '.';
  }
  bool const has_plus = text.starts_with('+') && !text.starts_with("+-");
  return read_number(std::string_view(text).substr(has_plus), value);
}

bool may_have_decimal_commas(char separator) { return separator != ',' && separator != ' '; }

bool is_number(std::string const& cell, char separator) {
  double value = 0;
  return read_cell(cell, '.', value) ||
         (may_have_decimal_commas(separator) && read_cell(cell, ',', value));
}

bool is_missing_word(std::string const& cell) {
  // Case counts: Na is sodium.
  for (auto const* word : {"NA", "N/A", "n/a", "#N/A", "<NA>", "n.a.", "n.d.", "NaN", "nan", "NAN",
                           "-nan", "NULL", "null", "None", "none", "?", "-", "--", "."})
    if (cell == word) return true;
  return false;
}

bool is_column_name(std::string const& cell) {
  if (cell == "#") return true;
  if (is_missing_word(cell)) return false;
  char* end = nullptr;
  std::strtod(cell.c_str(), &end);  // reads inf, 1e400 and hexadecimal numbers too
  if (*end == '\0') return false;
  // The last are the signs for "at most", "at least" and minus, and "plus or minus".
  for (auto const* sign : {"<", ">", "=", "~", "\u2264", "\u2265", "\u2212", "\u00b1"})
    if (cell.starts_with(sign)) return false;
  return std::any_of(cell.begin(), cell.end(), [](unsigned char byte) {
    return std::isalpha(byte) != 0 || byte == '_' || byte >= 0x80;
  });
}

}  // namespace tvem
