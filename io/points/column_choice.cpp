#include "io/points/column_choice.hpp"

#include <algorithm>

#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// A list for a message, cut after `most` items.
template <class Items>
std::string first_of(Items const& items, std::size_t most) {
  if (items.size() <= most) return joined(items);
  return joined(Items(items.begin(), items.begin() + most)) + ", ...";
}

/// Finds columns, and adds a problem for those that are not there.
class ColumnFinder {
 public:
  ColumnFinder(std::vector<std::string> const& names, ProblemList& problems)
      : names_(names), problems_(problems) {}

  std::optional<std::size_t> find(std::string const& wanted) {
    auto const numbers = numbers_of(wanted);
    std::size_t number = 0;
    if (numbers.size() == 1) return numbers[0] - 1;
    if (numbers.size() > 1)
      problems_.add(fmt::format(": columns {} are all called \"{}\"; choose by number",
                                first_of(numbers, 20), wanted));
    else if (read_number(wanted, number) && number >= 1 && number <= names_.size())
      return number - 1;
    else
      problems_.add(fmt::format(": there is no column \"{}\"; the columns are {}{}", wanted,
                                first_of(names_, 100), hint()));
    return std::nullopt;
  }

 private:
  std::vector<std::size_t> numbers_of(std::string const& name) const {
    std::vector<std::size_t> numbers;
    for (std::size_t c = 0; c < names_.size(); ++c)
      if (names_[c] == name) numbers.push_back(c + 1);
    return numbers;
  }
  std::string hint() const {
    bool const has_comma = std::any_of(names_.begin(), names_.end(), [](std::string const& name) {
      return name.find(',') != std::string::npos;
    });
    return has_comma ? "; in --columns a name with a comma stands in double quotes" : "";
  }
  std::vector<std::string> const& names_;
  ProblemList& problems_;
};

/// Leaves the first column out, unless it is the only one; words for that.
char const* leave_out_first(std::vector<std::size_t>& columns) {
  if (columns.size() == 1) return ", but no other column is left: it is taken";
  columns.erase(columns.begin());
  return " and is left out; to have it, list it in --columns";
}

}  // namespace

std::string column_title(std::vector<std::string> const& names, std::size_t c) {
  return fmt::format("column {} ({})", c + 1, names[c]);
}

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
      problems.add(
          fmt::format(": {} is in --columns and in --labels", column_title(names, *column)));
    else if (std::count(choice.points.begin(), choice.points.end(), *column) > 0)
      problems.add(fmt::format(": {} is in --columns twice", column_title(names, *column)));
    else
      choice.points.push_back(*column);
  }
  if (!wanted.empty()) return choice;
  for (std::size_t c = 0; c < names.size(); ++c)
    if (c != choice.labels) choice.points.push_back(c);
  if (!row_names.empty() && choice.labels != std::size_t{0})
    notes.push_back(fmt::format("{} numbers or names the rows ({}){}", column_title(names, 0),
                                row_names, leave_out_first(choice.points)));
  if (choice.points.empty()) problems.add(": no column is left for the points");
  return choice;
}

std::vector<std::string> unique_names(std::vector<std::string> const& names,
                                      std::vector<std::size_t> const& columns,
                                      std::vector<std::string>& notes) {
  std::vector<std::string> result;
  for (std::size_t const c : columns) {
    std::string name = names[c];
    if (std::find(result.begin(), result.end(), name) != result.end()) {
      name += fmt::format(" (column {})", c + 1);
      notes.push_back(fmt::format(
          "two columns are called \"{}\"; the second is \"{}\" in the results", names[c], name));
    }
    result.push_back(name);
  }
  return result;
}

void RowCollector::add(std::vector<double> const& values, std::string const& label) {
  rows_.push_back(++n_rows_);
  values_.insert(values_.end(), values.begin(), values.end());
  if (has_labels_) labels_.push_back(label);
}

void RowCollector::finish(PointTable& table, ProblemList& problems) const {
  if (rows_.empty()) problems.add(": no row without missing values is there");
  table.points = Eigen::Map<RowMatrix const>(values_.data(), std::ssize(rows_), n_columns_);
  table.labels = labels_;
  table.rows = rows_;
  if (!left_out_.empty())
    table.notes.push_back(fmt::format("{} of {} rows are left out for missing values: {}",
                                      left_out_.size(), n_rows_, first_of(left_out_, 20)));
}

}  // namespace tvem
