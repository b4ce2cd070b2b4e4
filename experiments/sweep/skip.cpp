#include "experiments/sweep/skip.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

std::vector<std::string> split_at_word(std::string const& text, std::string const& word) {
  std::vector<std::string> parts;
  std::string const between = " " + word + " ";
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find(between, begin)) != std::string::npos;
       begin = end + between.size())
    parts.push_back(trimmed(text.substr(begin, end - begin)));
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

bool is_of_order(std::string const& operation) {
  return operation[0] == '<' || operation[0] == '>';
}

bool is_number(std::string const& text) {
  double number = 0;
  return read_number(text, number);
}

/// The place of a key on the axes: axis and key.
std::pair<std::size_t, std::size_t> place_of(std::string const& name,
                                             std::vector<SweepAxis> const& axes) {
  for (std::size_t a = 0; a < axes.size(); ++a)
    for (std::size_t k = 0; k < axes[a].keys.size(); ++k)
      if (axes[a].keys[k].name == name) return {a, k};
  throw ConfigurationError(fmt::format("\"{}\" is not an axis of the sweep", name));
}

}  // namespace

SkipCondition::SkipCondition(std::string const& text, std::vector<SweepAxis> const& axes,
                             std::vector<std::string>& problems) {
  for (std::string const& alternative : split_at_word(text, "or")) {
    alternatives_.emplace_back();
    for (std::string const& part : split_at_word(alternative, "and")) try {
        alternatives_.back().push_back(parse(part, axes));
      } catch (ConfigurationError const& error) {
        problems.push_back(fmt::format("sweep: skip: {}", error.what()));
      }
  }
}

SkipCondition::Comparison SkipCondition::parse(std::string const& text,
                                               std::vector<SweepAxis> const& axes) {
  for (auto const* operation : {"!=", "<=", ">=", "=", "<", ">"}) {
    std::size_t const place = text.find(operation);
    if (place == std::string::npos) continue;
    Comparison comparison{.operation = operation,
                          .value = trimmed(text.substr(place + std::string(operation).size()))};
    std::tie(comparison.axis, comparison.key) = place_of(trimmed(text.substr(0, place)), axes);
    check(comparison, axes[comparison.axis], text);
    return comparison;
  }
  throw ConfigurationError(
      fmt::format("\"{}\" is not a comparison KEY = VALUE, with =, !=, <, <=, > or >=", text));
}

/// Refuses a comparison that can never hold, or compares values without an order.
void SkipCondition::check(Comparison const& comparison, SweepAxis const& axis,
                          std::string const& text) {
  auto const& [place, key, operation, value] = comparison;
  auto const refuse = [&](std::string const& why) {
    throw ConfigurationError(fmt::format("\"{}\"{}", text, why));
  };
  if (value.empty()) refuse(" has no value");
  if (is_of_order(operation) && !is_number(value)) refuse(" compares with no number");
  auto const at = [key = key](auto const& position) { return position[key]; };
  if (is_of_order(operation)) {
    if (!std::all_of(axis.values.begin(), axis.values.end(),
                     [&](auto const& position) { return is_number(at(position)); }))
      refuse(": not all values of the axis are numbers");
    return;
  }
  Comparison const equal{.operation = "=", .value = value};
  if (std::none_of(axis.values.begin(), axis.values.end(),
                   [&](auto const& position) { return equal.holds(at(position)); }))
    refuse(fmt::format(": \"{}\" is not a value of the axis; join comparisons by and, or", value));
}

bool SkipCondition::Comparison::holds(std::string const& found) const {
  double a = 0, b = 0;
  bool const are_numbers = read_number(found, a) && read_number(value, b);
  bool const is_equal = are_numbers ? a == b : found == value;
  if (operation == "=" || operation == "!=") return is_equal == (operation == "=");
  if (operation == "<") return a < b;
  if (operation == "<=") return a <= b;
  return operation == ">" ? a > b : a >= b;
}

bool SkipCondition::holds(std::vector<SweepAxis> const& axes,
                          std::vector<std::size_t> const& position) const {
  auto const does_hold = [&](Comparison const& c) {
    return c.holds(axes[c.axis].values[position[c.axis]][c.key]);
  };
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](auto const& alternative) {
    return std::all_of(alternative.begin(), alternative.end(), does_hold);
  });
}

}  // namespace tvem
