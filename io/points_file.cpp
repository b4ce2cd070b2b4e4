#include "tvem/io/points_file.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"
#include "tvem/io/hdf5.hpp"

namespace tvem {
namespace {

constexpr std::size_t most_problems = 10;

std::string content_of(std::filesystem::path const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!std::filesystem::is_regular_file(path) || !file)
    throw ConfigurationError("--data " + path.string() + ": this is no file that can be read");
  text << file.rdbuf();
  return text.str();
}

char separator_of(std::string const& line) {
  for (char const separator : {',', ';', '\t'})
    if (line.find(separator) != std::string::npos) return separator;
  return ' ';
}

std::string stripped(std::string text) {
  std::size_t const first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The cells of a line; of one separated by spaces, runs of them count as one. A separator within
/// double quotes is text; the quotes are taken off.
std::vector<std::string> cells_of(std::string const& line, char separator) {
  std::vector<std::string> cells;
  std::string cell;
  bool is_quoted = false, was_quoted = false;
  auto const end_cell = [&] {
    std::string const text = was_quoted ? cell : stripped(cell);
    if (separator != ' ' || !text.empty() || was_quoted) cells.push_back(text);
    cell.clear();
    was_quoted = false;
  };
  for (char const c : line) {
    if (c == '"') {
      if (!is_quoted) cell.clear();
      is_quoted = !is_quoted;
      was_quoted = true;
    } else if (c == separator && !is_quoted) {
      end_cell();
    } else if (!was_quoted || is_quoted) {
      cell += c;
    }
  }
  end_cell();
  return cells;
}

bool is_number(std::string const& text) {
  double value = 0;
  return read_number(text, value);
}

struct Line {
  std::size_t number;  // in the file, from 1
  std::vector<std::string> cells;
};

/// The lines that are not blank.
std::vector<Line> lines_of(std::string const& text) {
  std::vector<Line> lines;
  std::istringstream in(text);
  std::string line;
  char separator = 0;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (stripped(line).empty()) continue;
    if (separator == 0) separator = separator_of(line);
    lines.push_back({number, cells_of(stripped(line), separator)});
  }
  return lines;
}

/// A CSV file on its way to a table; collects problems.
class CsvReader {
 public:
  CsvReader(std::string name, std::string const& text)
      : name_(std::move(name)), lines_(lines_of(text)) {
    if (lines_.empty()) throw ConfigurationError(name_ + ": the file is empty");
    auto const& first = lines_[0].cells;
    has_header_ = std::none_of(first.begin(), first.end(), is_number);
    for (std::size_t c = 0; c < first.size(); ++c)
      names_.push_back(has_header_ ? first[c] : "x" + std::to_string(c + 1));
    if (has_header_) lines_.erase(lines_.begin());
    if (lines_.empty()) throw ConfigurationError(name_ + ": there is a header and no data");
  }

  PointTable table(PointSelection const& selection) {
    bool const has_labels = !selection.labels.empty();
    std::size_t const label_column = has_labels ? column(selection.labels) : names_.size();
    std::vector<std::size_t> taken;
    for (std::string const& name : selection.columns) taken.push_back(column(name));
    if (selection.columns.empty())
      for (std::size_t c = 0; c < names_.size(); ++c)
        if (c != label_column) taken.push_back(c);
    stop_on_problems();
    if (taken.empty()) throw ConfigurationError(name_ + ": no column is left for the points");
    PointTable table;
    for (std::size_t const c : taken) table.columns.push_back(names_[c]);
    table.points.resize(static_cast<Eigen::Index>(lines_.size()),
                        static_cast<Eigen::Index>(taken.size()));
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].cells.size() != names_.size()) {
        report(lines_[i], std::to_string(lines_[i].cells.size()) + " values, not " +
                              std::to_string(names_.size()) + " as in the first line");
        continue;
      }
      for (std::size_t c = 0; c < taken.size(); ++c)
        table.points(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(c)) =
            value(lines_[i], taken[c]);
      if (has_labels) table.labels.push_back(lines_[i].cells[label_column]);
    }
    stop_on_problems();
    return table;
  }

 private:
  double value(Line const& line, std::size_t c) {
    double number = 0;
    std::string const& text = line.cells[c];
    std::string const place = "column " + std::to_string(c + 1) + " (" + names_[c] + "): ";
    if (text.empty())
      report(line, place + "there is no value");
    else if (!read_number(text, number))
      report(line, place + "\"" + text +
                       "\" is no finite number; leave the column out with --columns, or name it "
                       "with --labels");
    return number;
  }
  /// Place of a column by its name or its number from 1.
  std::size_t column(std::string const& name) {
    auto const found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    std::size_t number = 0;
    if (read_number(name, number) && number >= 1 && number <= names_.size()) return number - 1;
    std::string all;
    for (auto const& known : names_) all += (all.empty() ? "" : ", ") + known;
    problems_.push_back(name_ + ": there is no column \"" + name + "\"; the columns are " + all);
    return 0;
  }
  void report(Line const& line, std::string const& problem) {
    if (++n_problems_ <= most_problems)
      problems_.push_back(name_ + ", line " + std::to_string(line.number) + ": " + problem);
  }
  void stop_on_problems() {
    if (n_problems_ > most_problems)
      problems_.push_back(name_ + ": and " + std::to_string(n_problems_ - most_problems) +
                          " further problems");
    if (!problems_.empty()) throw ConfigurationError(std::move(problems_));
  }

  std::string name_;
  std::vector<Line> lines_;
  std::vector<std::string> names_;
  bool has_header_ = false;
  std::vector<std::string> problems_;
  std::size_t n_problems_ = 0;
};

PointTable read_hdf5(std::filesystem::path const& path, PointSelection const& selection) {
  std::string const name = "--data " + path.string();
  if (selection.dataset.empty())
    throw ConfigurationError(name + " is an HDF5 file: say which dataset with --dataset");
  if (!selection.columns.empty())
    throw ConfigurationError(name + " is an HDF5 file: --columns is for CSV files");
  PointTable table;
  std::vector<double> values;
  std::vector<std::size_t> shape;
  try {
    Hdf5File const file = Hdf5File::open(path);
    shape = file.root().shape(selection.dataset);
    values = file.root().read<double>(selection.dataset);
    if (!selection.labels.empty())
      for (std::int64_t const label : file.root().read<std::int64_t>(selection.labels))
        table.labels.push_back(std::to_string(label));
  } catch (ConfigurationError const&) {
    throw;
  } catch (Error const& error) {
    throw ConfigurationError(error.what());
  }
  if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0)
    throw ConfigurationError(name + ": " + selection.dataset +
                             " is no matrix of points x coordinates");
  if (!table.labels.empty() && table.labels.size() != shape[0])
    throw ConfigurationError(name + ": " + selection.labels + " has " +
                             std::to_string(table.labels.size()) + " labels for " +
                             std::to_string(shape[0]) + " points");
  for (std::size_t c = 0; c < shape[1]; ++c) table.columns.push_back("x" + std::to_string(c + 1));
  table.points = Eigen::Map<RowMatrix const>(values.data(), static_cast<Eigen::Index>(shape[0]),
                                             static_cast<Eigen::Index>(shape[1]));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw ConfigurationError(name + ": " + selection.dataset + ", row " +
                               std::to_string(i / shape[1] + 1) + ", column " +
                               std::to_string(i % shape[1] + 1) + ": no finite number");
  return table;
}

}  // namespace

PointTable read_points(std::filesystem::path const& path, PointSelection const& selection) {
  std::string text = content_of(path);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // the mark of UTF-8
  bool const is_hdf5 = text.find("\x89HDF\r\n\x1a\n") % 512 == 0;
  if (is_hdf5) return read_hdf5(path, selection);
  if (!selection.dataset.empty())
    throw ConfigurationError("--data " + path.string() +
                             " is no HDF5 file: --dataset does not belong to it");
  return CsvReader("--data " + path.string(), text).table(selection);
}

}  // namespace tvem
