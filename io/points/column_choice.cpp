#include "io/points/column_choice.hpp"

#include <algorithm>

#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// "column 2 (width)".
std::string title(std::vector<std::string> const& names, std::size_t c) {
  return "column " + std::to_string(c + 1) + " (" + names[c] + ")";
}

/// A list for a message.
template <class Items>
std::string joined(Items const& items, std::size_t most) {
  std::string text;
  std::size_t n = 0;
  for (auto const& item : items) {
    if (n++ == most) return text + ", ...";
    text += (n > 1 ? ", " : "") + item;
  }
  return text;
}

std::vector<std::string> texts_of(std::vector<std::int64_t> const& numbers) {
  std::vector<std::string> texts;
  for (std::int64_t const number : numbers) texts.push_back(std::to_string(number));
  return texts;
}

/// Finds columns, and adds a problem for those that are not there.
class ColumnFinder {
 public:
  ColumnFinder(std::vector<std::string> const& names, ProblemList& problems)
      : names_(names), problems_(problems) {}

  std::optional<std::size_t> find(std::string const& wanted) {
    std::vector<std::int64_t> numbers;
    for (std::size_t c = 0; c < names_.size(); ++c)
      if (names_[c] == wanted) numbers.push_back(static_cast<std::int64_t>(c + 1));
    std::size_t number = 0;
    if (numbers.size() == 1) return numbers[0] - 1;
    if (numbers.size() > 1) {
      problems_.add(": columns " + joined(texts_of(numbers), 20) + " are all called \"" + wanted +
                    "\"; choose by number");
      return std::nullopt;
    }
    if (read_number(wanted, number) && number >= 1 && number <= names_.size()) return number - 1;
    problems_.add(": there is no column \"" + wanted + "\"; the columns are " +
                  joined(names_, 100) + hint());
    return std::nullopt;
  }

 private:
  std::string hint() const {
    bool const has_comma = std::any_of(names_.begin(), names_.end(), [](std::string const& name) {
      return name.find(',') != std::string::npos;
    });
    return has_comma ? "; in --columns a name with a comma stands in double quotes" : "";
  }
  std::vector<std::string> const& names_;
  ProblemList& problems_;
};

}  // namespace

ColumnChoice choose_columns(std::vector<std::string> const& names,
                            std::vector<std::string> const& wanted, std::string const& label,
                            std::string const& row_names, ProblemList& problems,
                            std::vector<std::string>& notes) {
  ColumnChoice choice;
  ColumnFinder finder(names, problems);
  if (!label.empty()) choice.labels = finder.find(label);
  for (std::string const& name : wanted) {
    auto const column = finder.find(name);
    if (!column) continue;
    if (column == choice.labels)
      problems.add(": " + title(names, *column) + " is in --columns and in --labels");
    else if (std::count(choice.points.begin(), choice.points.end(), *column) > 0)
      problems.add(": " + title(names, *column) + " is in --columns twice");
    else
      choice.points.push_back(*column);
  }
  if (!wanted.empty()) return choice;
  for (std::size_t c = 0; c < names.size(); ++c)
    if (c != choice.labels) choice.points.push_back(c);
  bool const has_row_names = !row_names.empty() && !choice.points.empty() && choice.points[0] == 0;
  std::string const why = " numbers or names the rows (" + row_names + ")";
  if (has_row_names && choice.points.size() > 1) {
    choice.points.erase(choice.points.begin());
    notes.push_back(title(names, 0) + why + " and is left out; to have it, list it in --columns");
  } else if (has_row_names) {
    notes.push_back(title(names, 0) + why + ", but no other column is left: it is taken");
  }
  if (choice.points.empty()) problems.add(": no column is left for the points");
  return choice;
}

std::vector<std::string> unique_names(std::vector<std::string> const& names,
                                      std::vector<std::size_t> const& columns,
                                      std::vector<std::string>& notes) {
  std::vector<std::string> result;
  for (std::size_t const c : columns) {
    std::string name = names[c];
    bool const is_new = std::find(result.begin(), result.end(), name) == result.end();
    if (!is_new) {
      name += " (column " + std::to_string(c + 1) + ")";
      notes.push_back("two columns are called \"" + names[c] + "\"; the second is \"" + name +
                      "\" in the results");
    }
    result.push_back(name);
  }
  return result;
}

void RowCollector::add(std::vector<double> const& values, std::string const& label) {
  rows_.push_back(static_cast<std::int64_t>(rows_.size() + left_out_.size() + 1));
  values_.insert(values_.end(), values.begin(), values.end());
  if (has_labels_) labels_.push_back(label);
}

void RowCollector::leave_out() {
  left_out_.push_back(static_cast<std::int64_t>(rows_.size() + left_out_.size() + 1));
}

void RowCollector::finish(PointTable& table, ProblemList& problems) const {
  if (rows_.empty()) problems.add(": no row without missing values is there");
  table.points =
      Eigen::Map<RowMatrix const>(values_.data(), static_cast<Eigen::Index>(rows_.size()),
                                  static_cast<Eigen::Index>(n_columns_));
  table.labels = labels_;
  table.rows = rows_;
  if (!left_out_.empty())
    table.notes.push_back(
        std::to_string(left_out_.size()) + " of " +
        std::to_string(rows_.size() + left_out_.size()) +
        " rows are left out for missing values: " + joined(texts_of(left_out_), 20));
}

}  // namespace tvem
