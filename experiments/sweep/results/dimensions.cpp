#include "experiments/sweep/results/dimensions.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>

#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// "layers" for model.layers, "evaluate_points" for evaluate.task.points. The section stays, as in
/// "task_covariance", where another key of the sweep has the same last part, and for keys of `eval`
/// ("eval_seed"): their last parts mean something else elsewhere.
std::vector<std::string> short_names(std::vector<SweptKey> const& keys) {
  auto const last_part = [](SweptKey const& key) {
    return key.setting.substr(key.setting.find('.') + 1);
  };
  std::vector<std::string> names;
  for (SweptKey const& key : keys) {
    bool const is_alike = std::any_of(keys.begin(), keys.end(), [&](SweptKey const& other) {
      bool const is_other = other.setting != key.setting && !other.setting.starts_with("eval.");
      return is_other && last_part(other) == last_part(key);
    });
    bool const has_section = is_alike || key.setting.starts_with("eval.");
    std::string name = has_section ? key.setting : last_part(key);
    std::replace(name.begin(), name.end(), '.', '_');
    names.push_back(key.name == key.setting ? name : "evaluate_" + name);
  }
  return names;
}

bool are_different(std::vector<std::string> const& values) {
  return std::set<std::string>(values.begin(), values.end()).size() == values.size();
}

/// Whether the key may name the dimension: `seed` only names trainings that differ in nothing else
/// but their evaluation tasks.
bool may_name(SweepAxis const& axis, SweptKey const& key) {
  return key.name != "run.seed" ||
         std::all_of(axis.keys.begin(), axis.keys.end(), [](SweptKey const& other) {
           return other.name == "run.seed" || other.name == "eval.seed";
         });
}

NamedCoordinate combination_of(SweepAxis const& axis, std::size_t number) {
  std::vector<std::string> values, keys;
  for (auto const& position : axis.values) values.push_back(joined(position, " & "));
  for (SweptKey const& key : axis.keys) keys.push_back(key.name);
  return {fmt::format("combination_{}", number), "", values,
          "values of the keys " + joined(keys, " & ")};
}

/// The coordinates of an axis. The first key whose values all differ names the dimension; without
/// one, `combination` does.
std::vector<NamedCoordinate> coordinates_of(SweepAxis const& axis,
                                            std::span<std::string const> names,
                                            std::size_t number) {
  std::vector<NamedCoordinate> coordinates;
  bool is_named = false;
  for (std::size_t k = 0; k < axis.keys.size(); ++k) {
    std::vector<std::string> values;
    for (auto const& position : axis.values) values.push_back(position[k]);
    bool const is_first = !is_named && are_different(values) && may_name(axis, axis.keys[k]);
    is_named = is_named || is_first;
    coordinates.insert(is_first ? coordinates.begin() : coordinates.end(),
                       {names[k], "", values, "the key " + axis.keys[k].name});
  }
  if (!is_named) coordinates.insert(coordinates.begin(), combination_of(axis, number));
  for (NamedCoordinate& coordinate : coordinates) coordinate.dimension = coordinates[0].name;
  return coordinates;
}

}  // namespace

std::vector<std::vector<NamedCoordinate>> sweep_dimensions(Sweep const& sweep) {
  std::vector<SweptKey> keys;
  for (SweepAxis const& axis : sweep.axes)
    keys.insert(keys.end(), axis.keys.begin(), axis.keys.end());
  auto const names = short_names(keys);
  std::vector<std::vector<NamedCoordinate>> dimensions;
  std::size_t first = 0;
  for (SweepAxis const& axis : sweep.axes) {
    auto const of_axis = std::span(names).subspan(first, axis.keys.size());
    dimensions.push_back(coordinates_of(axis, of_axis, dimensions.size() + 1));
    first += axis.keys.size();
  }
  return dimensions;
}

}  // namespace tvem
