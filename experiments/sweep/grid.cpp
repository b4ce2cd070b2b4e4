#include "experiments/sweep/grid.hpp"

#include <algorithm>
#include <set>

#include "experiments/settings/configuration.hpp"
#include "experiments/settings/families.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/settings/sentences.hpp"
#include "experiments/sweep/skip.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

constexpr std::int64_t most_runs = 100'000;

/// Begins the names of keys that change only the tasks of the evaluation.
constexpr std::string_view evaluate = "evaluate.";

Key const& key_of(SweptKey const& swept) { return *find_key(swept.setting); }

/// Says why the key cannot be an axis; empty when it can.
std::string axis_problem(Key const& key, bool is_evaluated) {
  if (key.name == "eval.estimators")
    return "estimators are compared in every run: list them in eval.estimators";
  if (key.role == Role::operational)
    return key.name + " changes neither a training nor an evaluation";
  if (is_evaluated && key.role == Role::evaluation)
    return key.name + " is of the evaluation anyway; leave \"evaluate.\" away";
  if (is_evaluated && !is_of_tasks_or_guess(key))
    return key.name + " is of the training; behind \"evaluate.\" stand keys of the tasks, " +
           "input.init and input.corruption";
  return "";
}

class AxisReader {
 public:
  AxisReader(Assignment const& assignment, std::vector<std::string>& problems)
      : assignment_(assignment), problems_(problems) {}

  SweepAxis read() {
    for (std::string const& name : split(assignment_.name, '&')) read_key(trimmed(name));
    if (axis_.keys.size() != split(assignment_.name, '&').size()) return {};
    if (trimmed(assignment_.value).empty()) report("the list of values is empty");
    for (std::string const& item : split(assignment_.value, ','))
      for (std::string const& value : expanded(item)) read_position(value);
    check_is_list();
    return axis_;
  }

 private:
  void report(std::string const& problem) {
    problems_.push_back(fmt::format("sweep: {}: {}", assignment_.name, problem));
  }

  void read_key(std::string const& name) {
    bool const is_evaluated = name.starts_with(evaluate);
    std::string const setting = is_evaluated ? name.substr(evaluate.size()) : name;
    Key const* const key = find_key(setting);
    std::string const problem = key ? axis_problem(*key, is_evaluated) : unknown_key_text(setting);
    if (problem.empty())
      axis_.keys.push_back({name, setting, is_evaluated || key->role == Role::evaluation});
    else
      report(problem);
  }

  /// The integers from a to b for "a..b", unless the only key takes that as one value; else the
  /// item itself.
  std::vector<std::string> expanded(std::string const& item) {
    std::string const range = trimmed(item);
    std::size_t const dots = range.find("..");
    Settings scratch;
    std::int64_t low = 0, high = 0;
    bool const is_range = axis_.keys.size() == 1 && dots != std::string::npos &&
                          read_number(range.substr(0, dots), low) &&
                          read_number(range.substr(dots + 2), high);
    if (!is_range || key_of(axis_.keys[0]).parse(range, scratch)) return {item};
    std::vector<std::string> items;
    if (high < low || high - low >= most_runs)
      report(fmt::format("\"{}\" is not a range of 1 to {} integers", range, most_runs));
    else
      for (std::int64_t value = low; value <= high; ++value) items.push_back(fmt::to_string(value));
    return items;
  }

  /// "a & b": the values of the keys, as the keys print them.
  void read_position(std::string const& item) {
    auto const parts = split(item, '&');
    if (parts.size() != axis_.keys.size())
      return report(fmt::format("\"{}\" has {} values for {} keys", trimmed(item), parts.size(),
                                axis_.keys.size()));
    std::vector<std::string> values;
    for (std::size_t k = 0; k < parts.size(); ++k)
      values.push_back(checked(trimmed(parts[k]), key_of(axis_.keys[k])));
    if (!known_.insert(values).second && !values[0].empty())
      report(fmt::format("\"{}\" is there twice", trimmed(item)));
    axis_.values.push_back(values);
  }

  /// The value as the key prints it; empty, with a problem, when the key does not take it.
  std::string checked(std::string const& text, Key const& key) {
    Settings scratch;
    if (key.parse(text, scratch)) return key.print(scratch);
    report(text.empty() ? "a value is missing in the list of " + key.name
                        : unaccepted_text(key, text));
    return {};
  }

  void check_is_list() {
    if (axis_.values.size() != 1 || axis_.keys.size() != 1) return;
    std::string const& value = axis_.values[0][0];
    if (value.find("..") != std::string::npos)
      report(
          fmt::format("\"{}\" is one value, drawn anew for every task; for an axis list the "
                      "values, such as 2, 3, 4",
                      value));
  }

  Assignment const& assignment_;
  std::vector<std::string>& problems_;
  SweepAxis axis_;
  std::set<std::vector<std::string>> known_;
};

std::int64_t n_combinations(std::vector<SweepAxis> const& axes) {
  std::int64_t n = 1;
  for (SweepAxis const& axis : axes) n = std::min(n * std::ssize(axis.values), most_runs + 1);
  return n;
}

/// Values of a family replace all others, also those of an axis.
void check_families(Settings const& base, std::set<std::string> const& settings,
                    std::vector<std::string>& problems) {
  for (FamilyDefinition const& family : base.families)
    for (auto const& [key, value] : family.values)
      if (settings.contains(key))
        problems.push_back(fmt::format(
            "sweep: {} is an axis, and the family {} has a value of its own; leave one of them out",
            key, family.name));
}

/// The keys that axes set. A key of two axes is a problem.
std::set<std::string> swept_settings(Sweep const& sweep, std::vector<std::string>& problems) {
  std::set<std::string> names, settings;
  for (SweepAxis const& axis : sweep.axes)
    for (SweptKey const& key : axis.keys) {
      settings.insert(key.setting);
      if (!names.insert(key.name).second)
        problems.push_back(fmt::format("sweep: {} is in two axes", key.name));
    }
  return settings;
}

void check_axes(Sweep const& sweep, std::vector<std::string>& problems) {
  if (sweep.axes.empty())
    problems.emplace_back(
        "sweep: there is no axis; give a section [sweep] such as model.layers = 1, 2, 4");
  check_families(sweep.base, swept_settings(sweep, problems), problems);
  if (n_combinations(sweep.axes) > most_runs)
    problems.push_back(
        fmt::format("sweep: the grid has more than {} runs; shorten its lists", most_runs));
}

/// Sets the values of a cell for keys of trainings, or for keys of evaluations.
void set_values(Sweep const& sweep, std::size_t cell, bool are_of_evaluation, Settings& settings) {
  for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
    SweepAxis const& axis = sweep.axes[a];
    for (std::size_t k = 0; k < axis.keys.size(); ++k)
      if (axis.keys[k].is_of_evaluation == are_of_evaluation)
        TVEM_CHECK(key_of(axis.keys[k]).parse(axis.values[sweep.cells.at(cell)[a]][k], settings),
                   "a value of a sweep is not accepted any more");
  }
}

/// Names of families that do not exist are a problem of the sweep (parse_sweep), not of a cell.
Settings resolved(Settings settings) {
  std::vector<std::string> problems;
  resolve_families(settings, problems);
  return settings;
}

/// Finds names of families in the cells that do not exist.
void check_family_names(Sweep const& sweep, std::vector<std::string>& problems) {
  std::set<std::string> known;
  for (std::size_t cell = 0; cell < sweep.cells.size(); ++cell)
    for (bool const is_evaluated : {false, true}) {
      Settings settings = sweep.base;
      set_values(sweep, cell, false, settings);
      if (is_evaluated) set_values(sweep, cell, true, settings);
      std::vector<std::string> found;
      resolve_families(settings, found);
      for (auto const& problem : found)
        if (known.insert(problem).second) problems.push_back("sweep: " + problem);
    }
}

std::string axis_text(SweepAxis const& axis) {
  std::vector<std::string> names, values;
  for (SweptKey const& key : axis.keys) names.push_back(key.name);
  for (auto const& value : axis.values) values.push_back(joined(value, " & "));
  return fmt::format("{} = {}\n", joined(names, " & "), joined(values));
}

}  // namespace

std::vector<std::vector<std::size_t>> grid_positions(std::vector<std::size_t> const& sizes) {
  std::vector<std::vector<std::size_t>> positions{{}};
  for (std::size_t const size : sizes) {
    std::vector<std::vector<std::size_t>> longer;
    for (auto const& position : positions)
      for (std::size_t v = 0; v < size; ++v) {
        longer.push_back(position);
        longer.back().push_back(v);
      }
    positions = std::move(longer);
  }
  return positions;
}

Settings Sweep::training_of(std::size_t cell) const {
  Settings settings = base;
  set_values(*this, cell, false, settings);
  return resolved(std::move(settings));
}

Settings Sweep::evaluation_of(std::size_t cell) const {
  Settings settings = base;
  set_values(*this, cell, false, settings);
  set_values(*this, cell, true, settings);
  return resolved(std::move(settings));
}

std::string Sweep::text_of(std::size_t cell) const {
  std::vector<std::string> texts;
  for (std::size_t a = 0; a < axes.size(); ++a)
    for (std::size_t k = 0; k < axes[a].keys.size(); ++k)
      texts.push_back(
          fmt::format("{} = {}", axes[a].keys[k].name, axes[a].values[cells.at(cell)[a]][k]));
  return joined(texts);
}

std::string sweep_text(Sweep const& sweep) {
  std::string text = configuration_text(sweep.base) + "\n[sweep]\n";
  for (SweepAxis const& axis : sweep.axes) text += axis_text(axis);
  return text + (sweep.skip.empty() ? "" : fmt::format("skip = {}\n", sweep.skip));
}

Sweep parse_sweep(std::string const& ini_text, std::string const& ini_name,
                  std::vector<std::string> const& arguments, std::vector<std::string>& problems) {
  Configuration const read = read_configuration(ini_text, ini_name, arguments);
  append(problems, read.problems);
  Sweep sweep{.base = read.settings, .axes = {}, .skip = "", .cells = {}};
  std::size_t const n_problems = problems.size();
  for (Assignment const& assignment : read.sweep)
    if (assignment.name == "skip")
      sweep.skip = assignment.value;
    else
      sweep.axes.push_back(AxisReader(assignment, problems).read());
  check_axes(sweep, problems);
  SkipCondition const skip =
      sweep.skip.empty() ? SkipCondition() : SkipCondition(sweep.skip, sweep.axes, problems);
  if (problems.size() > n_problems) return sweep;
  std::vector<std::size_t> sizes;
  for (SweepAxis const& axis : sweep.axes) sizes.push_back(axis.values.size());
  sweep.cells = grid_positions(sizes);
  std::erase_if(sweep.cells,
                [&](auto const& position) { return skip.holds(sweep.axes, position); });
  if (sweep.cells.empty()) problems.emplace_back("sweep: skip leaves out every run");
  check_family_names(sweep, problems);
  return sweep;
}

}  // namespace tvem
