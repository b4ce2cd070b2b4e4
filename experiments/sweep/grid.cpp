#include "experiments/sweep/grid.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "experiments/settings/config.hpp"
#include "experiments/settings/keys.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

constexpr std::size_t most_runs = 100'000;

/// What is said of the assignment that is being read.
class Problems {
 public:
  Problems(std::string subject, std::vector<std::string>& all)
      : subject_(std::move(subject)), all_(all) {}
  void add(std::string const& problem) { all_.push_back(subject_ + problem); }

 private:
  std::string subject_;
  std::vector<std::string>& all_;
};

/// What the names of keys begin with that change the tasks of the evaluation alone.
constexpr std::string_view evaluate = "evaluate.";

/// Whether a trained model can meet other values of the key.
bool is_of_tasks_or_guess(std::string const& name) {
  return (name.starts_with("task.") && !name.starts_with("task.pool")) || name == "input.init" ||
         name == "input.corruption";
}

/// Why the key cannot be an axis; empty when it can.
std::string axis_problem(Key const& key, bool is_evaluated) {
  if (key.name == "eval.estimators")
    return "estimators are compared in every run: list them in eval.estimators";
  if (key.role == KeyRole::operational)
    return key.name + " changes neither a training nor an evaluation";
  if (is_evaluated && key.role == KeyRole::evaluation)
    return key.name + " is of the evaluation anyway; leave \"evaluate.\" away";
  if (is_evaluated && !is_of_tasks_or_guess(key.name))
    return key.name + " is of the training; behind \"evaluate.\" stand keys of the tasks, " +
           "input.init and input.corruption";
  return "";
}

/// The keys of an axis; none when one of them cannot be swept.
std::vector<SweptKey> keys_of(std::string const& name, Problems& problems) {
  std::vector<SweptKey> keys;
  for (std::string const& part : split(name, '&')) {
    std::string const given = trimmed(part);
    bool const is_evaluated = given.starts_with(evaluate);
    std::string const setting = is_evaluated ? given.substr(evaluate.size()) : given;
    Key const* const key = find_key(setting);
    std::string const problem =
        key ? axis_problem(*key, is_evaluated)
            : "unknown key \"" + setting + "\"; the nearest known one is " + nearest_key(setting);
    if (problem.empty())
      keys.push_back({given, setting, is_evaluated || key->role == KeyRole::evaluation});
    else
      problems.add(problem);
  }
  return keys.size() == split(name, '&').size() ? keys : std::vector<SweptKey>{};
}

Key const& key_of(SweptKey const& swept) { return *find_key(swept.setting); }

/// "a..b" as the integers from a to b, where the key does not take it as one value; else the item
/// itself.
std::vector<std::string> expanded(std::string const& item, Key const& key, Problems& problems) {
  Settings scratch;
  std::size_t const dots = item.find("..");
  std::int64_t low = 0, high = 0;
  bool const is_range = dots != std::string::npos && read_number(item.substr(0, dots), low) &&
                        read_number(item.substr(dots + 2), high);
  if (!is_range || key.parse(item, scratch)) return {item};
  std::vector<std::string> items;
  if (high < low || static_cast<std::uint64_t>(high - low) >= most_runs) {
    problems.add("\"" + item + "\" is no range of 1 to " + std::to_string(most_runs) + " integers");
    return items;
  }
  for (std::int64_t value = low; value <= high; ++value) items.push_back(std::to_string(value));
  return items;
}

/// The value as the key prints it; empty, with a problem, when the key does not take it.
std::string checked_value(std::string const& text, Key const& key, Problems& problems) {
  Settings scratch;
  if (key.parse(text, scratch)) return key.print(scratch);
  problems.add(text.empty()
                   ? "a value is missing in the list of " + key.name
                   : key.name + " = \"" + text + "\" is not accepted; it is " + key.accepted);
  return {};
}

SweepAxis parse_axis(Assignment const& assignment, std::vector<std::string>& all_problems) {
  Problems problems("sweep: " + assignment.name + ": ", all_problems);
  auto const keys = keys_of(assignment.name, problems);
  SweepAxis axis;
  axis.keys = keys;
  if (keys.empty()) return axis;
  if (trimmed(assignment.value).empty()) problems.add("the list of values is empty");
  std::vector<std::string> items;
  for (std::string const& item : split(assignment.value, ',')) {
    auto const values = keys.size() == 1 ? expanded(trimmed(item), key_of(keys[0]), problems)
                                         : std::vector<std::string>{item};
    items.insert(items.end(), values.begin(), values.end());
  }
  std::set<std::vector<std::string>> known;
  for (std::string const& item : items) {
    auto const parts = split(item, '&');
    if (parts.size() != keys.size()) {
      problems.add("\"" + trimmed(item) + "\" has " + std::to_string(parts.size()) +
                   " values for " + std::to_string(keys.size()) + " keys");
      continue;
    }
    std::vector<std::string> values;
    for (std::size_t k = 0; k < keys.size(); ++k)
      values.push_back(checked_value(trimmed(parts[k]), key_of(keys[k]), problems));
    if (!known.insert(values).second && !values[0].empty())
      problems.add("\"" + trimmed(item) + "\" is there twice");
    axis.values.push_back(values);
  }
  if (axis.values.size() == 1 && keys.size() == 1 &&
      axis.values[0][0].find("..") != std::string::npos)
    problems.add("\"" + axis.values[0][0] +
                 "\" is one value, drawn anew for every task; for an axis list " +
                 "the values, such as 2, 3, 4");
  return axis;
}

/// One comparison of `skip`.
struct Comparison {
  std::size_t axis = 0, key = 0;
  std::string operation, value;
};

bool holds(Comparison const& comparison, std::string const& found) {
  double a = 0, b = 0;
  bool const are_numbers = read_number(found, a) && read_number(comparison.value, b);
  std::string const& operation = comparison.operation;
  if (operation == "=") return are_numbers ? a == b : found == comparison.value;
  if (operation == "!=") return are_numbers ? a != b : found != comparison.value;
  if (operation == "<") return a < b;
  if (operation == "<=") return a <= b;
  if (operation == ">") return a > b;
  return a >= b;
}

/// Alternatives of comparisons that hold together.
using Condition = std::vector<std::vector<Comparison>>;

std::vector<std::string> split_at_word(std::string const& text, std::string const& word) {
  std::vector<std::string> parts;
  std::string const between = " " + word + " ";
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find(between, begin)) != std::string::npos;
       begin = end + between.size())
    parts.push_back(text.substr(begin, end - begin));
  parts.push_back(text.substr(begin));
  return parts;
}

/// A comparison that can never hold, or whose values have no order, is a mistake.
void check_comparison(Comparison const& comparison, SweepAxis const& axis, std::string const& text,
                      Problems& problems) {
  bool has_match = false, are_numbers = true;
  for (auto const& position : axis.values) {
    double number = 0;
    are_numbers = are_numbers && read_number(position[comparison.key], number);
    has_match = has_match || holds({.axis = comparison.axis,
                                    .key = comparison.key,
                                    .operation = "=",
                                    .value = comparison.value},
                                   position[comparison.key]);
  }
  if (comparison.operation[0] == '<' || comparison.operation[0] == '>') {
    if (!are_numbers) problems.add("\"" + text + "\": not all values of the axis are numbers");
  } else if (!has_match) {
    problems.add("\"" + text + "\": \"" + comparison.value + "\" is no value of the axis; join " +
                 "comparisons by and, or");
  }
}

Comparison parse_comparison(std::string const& text, std::vector<SweepAxis> const& axes,
                            Problems& problems) {
  Comparison comparison;
  for (auto const* operation : {"!=", "<=", ">=", "=", "<", ">"}) {
    std::size_t const place = text.find(operation);
    if (place == std::string::npos) continue;
    comparison.operation = operation;
    comparison.value = trimmed(text.substr(place + comparison.operation.size()));
    std::string const name = trimmed(text.substr(0, place));
    for (comparison.axis = 0; comparison.axis < axes.size(); ++comparison.axis) {
      auto const& keys = axes[comparison.axis].keys;
      auto const key = std::find_if(keys.begin(), keys.end(),
                                    [&](SweptKey const& swept) { return swept.name == name; });
      comparison.key = static_cast<std::size_t>(key - keys.begin());
      if (key != keys.end()) break;
    }
    double number = 0;
    if (comparison.axis == axes.size())
      problems.add("\"" + name + "\" is no axis of the sweep");
    else if (comparison.value.empty())
      problems.add("\"" + trimmed(text) + "\" has no value");
    else if ((operation[0] == '<' || operation[0] == '>') && !read_number(comparison.value, number))
      problems.add("\"" + trimmed(text) + "\" compares with no number");
    else
      check_comparison(comparison, axes[comparison.axis], trimmed(text), problems);
    return comparison;
  }
  problems.add("\"" + trimmed(text) +
               "\" is no comparison KEY = VALUE, with =, !=, <, <=, > or >=");
  return comparison;
}

Condition parse_condition(std::string const& text, std::vector<SweepAxis> const& axes,
                          std::vector<std::string>& all_problems) {
  Problems problems("sweep: skip: ", all_problems);
  Condition condition;
  for (std::string const& alternative : split_at_word(text, "or")) {
    condition.emplace_back();
    for (std::string const& part : split_at_word(alternative, "and"))
      condition.back().push_back(parse_comparison(part, axes, problems));
  }
  return condition;
}

bool is_skipped(Condition const& condition, std::vector<SweepAxis> const& axes,
                std::vector<std::size_t> const& position) {
  return std::any_of(condition.begin(), condition.end(), [&](auto const& alternative) {
    return std::all_of(alternative.begin(), alternative.end(), [&](Comparison const& c) {
      return holds(c, axes[c.axis].values[position[c.axis]][c.key]);
    });
  });
}

/// All positions of the grid, the last axis fastest.
std::vector<std::vector<std::size_t>> grid(std::vector<SweepAxis> const& axes) {
  std::vector<std::vector<std::size_t>> positions{{}};
  for (SweepAxis const& axis : axes) {
    std::vector<std::vector<std::size_t>> longer;
    for (auto const& position : positions)
      for (std::size_t v = 0; v < axis.values.size(); ++v) {
        longer.push_back(position);
        longer.back().push_back(v);
      }
    positions = std::move(longer);
  }
  return positions;
}

std::size_t n_combinations(std::vector<SweepAxis> const& axes) {
  std::size_t n = 1;
  for (SweepAxis const& axis : axes) n = std::min(n * axis.values.size(), most_runs + 1);
  return n;
}

void check_axes(std::vector<SweepAxis> const& axes, std::vector<std::string>& problems) {
  if (axes.empty())
    problems.push_back(
        "sweep: there is no axis; give a section [sweep] such as model.layers = 1, 2, 4");
  std::set<std::string> keys;
  for (SweepAxis const& axis : axes)
    for (SweptKey const& key : axis.keys)
      if (!keys.insert(key.name).second)
        problems.push_back("sweep: " + key.name + " is in two axes");
  if (n_combinations(axes) > most_runs)
    problems.push_back("sweep: the grid has more than " + std::to_string(most_runs) +
                       " runs; shorten its lists");
}

}  // namespace

namespace {

/// Sets the values that a cell has of the keys of trainings, or of those of evaluations.
void set_values(Sweep const& sweep, std::size_t cell, bool are_of_evaluation, Settings& settings) {
  for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
    SweepAxis const& axis = sweep.axes[a];
    for (std::size_t k = 0; k < axis.keys.size(); ++k)
      if (axis.keys[k].is_of_evaluation == are_of_evaluation)
        TVEM_CHECK(key_of(axis.keys[k]).parse(axis.values[sweep.cells.at(cell)[a]][k], settings),
                   "a value of a sweep is not accepted any more");
  }
}

}  // namespace

Settings Sweep::training_of(std::size_t cell) const {
  Settings settings = base;
  set_values(*this, cell, false, settings);
  return settings;
}

Settings Sweep::evaluation_of(std::size_t cell) const {
  Settings settings = training_of(cell);
  set_values(*this, cell, true, settings);
  return settings;
}

std::string Sweep::text_of(std::size_t cell) const {
  std::string text;
  for (std::size_t a = 0; a < axes.size(); ++a)
    for (std::size_t k = 0; k < axes[a].keys.size(); ++k)
      text += (text.empty() ? "" : ", ") + axes[a].keys[k].name + " = " +
              axes[a].values[cells.at(cell)[a]][k];
  return text;
}

std::string sweep_text(Sweep const& sweep) {
  std::string text = configuration_text(sweep.base) + "\n[sweep]\n";
  auto const joined = [](std::vector<std::string> const& parts, std::string const& between) {
    std::string list;
    for (auto const& part : parts) list += (list.empty() ? "" : between) + part;
    return list;
  };
  for (SweepAxis const& axis : sweep.axes) {
    std::vector<std::string> values;
    for (auto const& value : axis.values) values.push_back(joined(value, " & "));
    std::vector<std::string> names;
    for (SweptKey const& key : axis.keys) names.push_back(key.name);
    text += joined(names, " & ") + " = " + joined(values, ", ") + "\n";
  }
  return text + (sweep.skip.empty() ? "" : "skip = " + sweep.skip + "\n");
}

Sweep parse_sweep(std::string const& ini_text, std::string const& ini_name,
                  std::vector<std::string> const& arguments, std::vector<std::string>& problems) {
  Sweep sweep;
  std::vector<Assignment> assignments;
  sweep.base = parse_configuration(ini_text, ini_name, arguments, problems, assignments);
  std::size_t const n_problems = problems.size();
  std::string& skip = sweep.skip;
  for (Assignment const& assignment : assignments)
    if (assignment.name == "skip")
      skip = assignment.value;
    else
      sweep.axes.push_back(parse_axis(assignment, problems));
  check_axes(sweep.axes, problems);
  Condition const condition =
      skip.empty() ? Condition{} : parse_condition(skip, sweep.axes, problems);
  if (problems.size() > n_problems) return sweep;
  sweep.cells = grid(sweep.axes);
  std::erase_if(sweep.cells,
                [&](auto const& position) { return is_skipped(condition, sweep.axes, position); });
  if (sweep.cells.empty()) problems.push_back("sweep: skip leaves out every run");
  return sweep;
}

}  // namespace tvem
