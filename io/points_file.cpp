#include "tvem/io/points_file.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"
#include "tvem/io/csv.hpp"
#include "tvem/io/hdf5.hpp"
#include "tvem/io/trial.hpp"

namespace tvem {
namespace {

constexpr std::size_t most_problems = 10;

std::string content_of(std::filesystem::path const& path) {
  // Before it is opened: opening a pipe would wait for its other end.
  bool const is_file = std::filesystem::is_regular_file(path);
  std::ifstream file(is_file ? path.string() : std::string(), std::ios::binary);
  std::ostringstream text;
  if (!is_file || !file)
    throw ConfigurationError("--data " + path.string() + ": this is no file that can be read");
  text << file.rdbuf();
  return text.str();
}

/// A CSV file on its way to a table; collects problems.
class CsvReader {
 public:
  CsvReader(std::string name, std::string const& text)
      : name_(std::move(name)), lines_(csv_lines(text)) {
    if (text.find('\0') != std::string::npos)
      throw ConfigurationError(name_ + ": this is no text in UTF-8 or ASCII");
    if (lines_.empty()) throw ConfigurationError(name_ + ": the file is empty");
    auto const& first = lines_[0].cells;
    // The corner of a table with names of rows is empty.
    bool const has_header = std::any_of(first.begin(), first.end(), is_column_name) &&
                            std::all_of(first.begin(), first.end(), [](auto const& cell) {
                              return cell.empty() || is_column_name(cell);
                            });
    for (std::size_t c = 0; c < first.size(); ++c)
      names_.push_back(has_header && !first[c].empty() ? first[c] : "x" + std::to_string(c + 1));
    if (has_header) {
      if (!lines_[0].problem.empty()) report(lines_[0], lines_[0].problem);
      stop_on_problems();
      lines_.erase(lines_.begin());
    }
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
      if (!lines_[i].problem.empty()) {
        report(lines_[i], lines_[i].problem);
        continue;
      }
      if (lines_[i].cells.size() != names_.size()) {
        report(lines_[i], std::to_string(lines_[i].cells.size()) + " values, not " +
                              std::to_string(names_.size()) + " as in the first line");
        continue;
      }
      for (std::size_t c = 0; c < taken.size(); ++c)
        table.points(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(c)) =
            value(lines_[i], taken[c]);
      if (!has_labels) continue;
      table.labels.push_back(lines_[i].cells[label_column]);
      if (table.labels.back().empty())
        report(lines_[i], place_of(label_column) + "there is no label");
    }
    stop_on_problems();
    return table;
  }

 private:
  std::string place_of(std::size_t c) const {
    return "column " + std::to_string(c + 1) + " (" + names_[c] + "): ";
  }
  double value(CsvLine const& line, std::size_t c) {
    double number = 0;
    std::string const& text = line.cells[c];
    bool const has_plus = text.starts_with('+') && !text.starts_with("+-");
    if (text.empty())
      report(line, place_of(c) + "there is no value");
    else if (!read_number(std::string_view(text).substr(has_plus), number))
      report(line, place_of(c) + "\"" + text +
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
  void report(CsvLine const& line, std::string const& problem) {
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
  std::vector<CsvLine> lines_;
  std::vector<std::string> names_;
  std::vector<std::string> problems_;
  std::size_t n_problems_ = 0;
};

/// A dataset of a file for the user's eyes: option, file and path within it.
std::string name_of(Hdf5Group const& root, std::string const& dataset, std::string const& option) {
  return option + " " + root.where() + (dataset.starts_with('/') ? "" : "/") + dataset + ": ";
}

/// The kind of values of a dataset, which is there.
Hdf5Kind kind_of(Hdf5Group const& root, std::string const& dataset, std::string const& option) {
  if (root.has(dataset)) return root.kind(dataset);
  std::string all;
  for (auto const& member : root.members()) all += (all.empty() ? "" : ", ") + member;
  throw ConfigurationError(name_of(root, dataset, option) + "this is not there; the file has " +
                           all);
}

/// n labels of a dataset of texts or integers.
std::vector<std::string> read_labels(Hdf5Group const& root, std::string const& dataset,
                                     std::size_t n) {
  Hdf5Kind const kind = kind_of(root, dataset, "--labels");
  auto const refuse = [&](std::string const& problem) {
    throw ConfigurationError(name_of(root, dataset, "--labels") + problem);
  };
  if (kind == Hdf5Kind::other) refuse("this is no dataset of texts or integers");
  auto const shape = root.shape(dataset);
  if (shape.size() != 1 || shape[0] != n)
    refuse((shape.size() == 1 ? std::to_string(shape[0]) + " labels" : "no list of labels") +
           " for " + std::to_string(n) + " points");
  std::vector<std::string> labels;
  if (kind == Hdf5Kind::text) labels = root.read_text(dataset);
  if (kind == Hdf5Kind::integer)
    for (std::int64_t const label : root.read<std::int64_t>(dataset))
      labels.push_back(std::to_string(label));
  if (kind == Hdf5Kind::real)
    for (double const label : root.read<double>(dataset)) {
      if (std::trunc(label) != label || std::fabs(label) > 9e15)
        refuse("label " + std::to_string(labels.size() + 1) + " is no integer");
      labels.push_back(std::to_string(static_cast<std::int64_t>(label)));
    }
  auto const empty = std::find(labels.begin(), labels.end(), "");
  if (empty != labels.end())
    refuse("there is no label " + std::to_string(empty - labels.begin() + 1));
  return labels;
}

PointTable read_dataset(Hdf5Group const& root, PointSelection const& selection) {
  std::string const& dataset = selection.dataset;
  std::string const name = name_of(root, dataset, "--dataset");
  Hdf5Kind const kind = kind_of(root, dataset, "--dataset");
  if (kind == Hdf5Kind::text || kind == Hdf5Kind::other)
    throw ConfigurationError(name + "this is no dataset of numbers");
  auto const shape = root.shape(dataset);
  if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0)
    throw ConfigurationError(name + "this is no matrix of points x coordinates");
  auto const values = root.read<double>(dataset);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw ConfigurationError(name + "row " + std::to_string(i / shape[1] + 1) + ", column " +
                               std::to_string(i % shape[1] + 1) + ": no finite number");
  PointTable table;
  for (std::size_t c = 0; c < shape[1]; ++c) table.columns.push_back("x" + std::to_string(c + 1));
  table.points = Eigen::Map<RowMatrix const>(values.data(), static_cast<Eigen::Index>(shape[0]),
                                             static_cast<Eigen::Index>(shape[1]));
  if (!selection.labels.empty()) table.labels = read_labels(root, selection.labels, shape[0]);
  return table;
}

PointTable read_hdf5(std::filesystem::path const& path, PointSelection const& selection) {
  std::string const name = "--data " + path.string();
  if (selection.dataset.empty())
    throw ConfigurationError(name + " is an HDF5 file: say which dataset with --dataset");
  if (!selection.columns.empty())
    throw ConfigurationError(name + " is an HDF5 file: --columns is for CSV files");
  try {
    auto const read = [&] { return read_dataset(Hdf5File::open(path).root(), selection); };
    in_child(path, hdf5_memory(), [&] { return read(), std::string(); });
    return read();
  } catch (ConfigurationError const&) {
    throw;
  } catch (Error const& error) {
    throw ConfigurationError(error.what());
  }
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
