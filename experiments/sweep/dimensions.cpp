#include "experiments/sweep/dimensions.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace tvem {
namespace {

/// "layers" of model.layers, "evaluate_points" of evaluate.task.points; with the section,
/// "task_covariance", where another key of the sweep has the same last part, and for keys of `eval`
/// ("eval_seed"), whose last parts mean something else elsewhere.
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

/// Whether the dimension can be called as the key: `seed` stands for trainings that differ in
/// nothing else but the tasks they are evaluated on.
bool may_name(SweepAxis const& axis, SweptKey const& key) {
  return key.name != "run.seed" ||
         std::all_of(axis.keys.begin(), axis.keys.end(), [](SweptKey const& other) {
           return other.name == "run.seed" || other.name == "eval.seed";
         });
}

/// The coordinates of an axis. Its dimension is called as the first key whose values all differ;
/// where there is none, `combination` with the values of all keys as text.
std::vector<NamedCoordinate> coordinates_of(SweepAxis const& axis,
                                            std::vector<std::string> const& names,
                                            std::size_t number) {
  std::vector<NamedCoordinate> coordinates;
  for (std::size_t k = 0; k < axis.keys.size(); ++k) {
    std::vector<std::string> values;
    for (auto const& position : axis.values) values.push_back(position[k]);
    coordinates.push_back({names[k], "", values, "the key " + axis.keys[k].name});
  }
  std::size_t first = 0;
  while (first < coordinates.size() &&
         !(are_different(coordinates[first].values) && may_name(axis, axis.keys[first])))
    ++first;
  auto const own = coordinates.begin() + static_cast<std::ptrdiff_t>(first);
  if (own == coordinates.end()) {
    std::vector<std::string> values;
    for (auto const& position : axis.values) {
      std::string text;
      for (auto const& value : position) text += (text.empty() ? "" : " & ") + value;
      values.push_back(text);
    }
    std::string keys;
    for (SweptKey const& key : axis.keys) keys += (keys.empty() ? "" : " & ") + key.name;
    coordinates.insert(coordinates.begin(), {"combination_" + std::to_string(number), "", values,
                                             "values of the keys " + keys});
  } else {
    std::rotate(coordinates.begin(), own, own + 1);
  }
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
  auto first = names.begin();
  for (SweepAxis const& axis : sweep.axes) {
    auto const end = first + static_cast<std::ptrdiff_t>(axis.keys.size());
    dimensions.push_back(coordinates_of(axis, {first, end}, dimensions.size() + 1));
    first = end;
  }
  return dimensions;
}

}  // namespace tvem
