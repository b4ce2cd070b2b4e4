#include "experiments/settings/unused_keys.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/settings/keys.hpp"
#include "framework/core/text.hpp"
#include "framework/tasks/spread.hpp"
#include "framework/train/evaluation.hpp"

namespace tvem {
namespace {

std::vector<Key const*> changed_keys(Settings const& settings) {
  Settings const defaults;
  std::vector<Key const*> changed;
  for (Key const& key : configuration_keys())
    if (key.print(settings) != key.print(defaults)) changed.push_back(&key);
  return changed;
}

std::string text_of(Key const& key, Settings const& settings) {
  return key.name + " = " + key.print(settings);
}

/// Whether the tasks of some family read the key, where its tasks read it at all.
bool is_read_by_some_family(Key const& key, Settings const& settings) {
  if (!key.is_read) return true;
  Settings member = settings;
  for (int family = 0; family < n_families(settings.task); ++family) {
    member.task = family_of(settings.task, family);
    if (key.is_read(member)) return true;
  }
  return false;
}

/// The condition that the key lacks to have an effect; empty when it has one.
std::string missing_for(Key const& key, Settings const& settings,
                        std::vector<EstimatorSpec> const& specs) {
  if (!key.name.starts_with("em.")) return is_read_by_some_family(key, settings) ? "" : key.needed;
  std::string const option = key.name.substr(3);
  bool const is_read = std::any_of(specs.begin(), specs.end(), [&](EstimatorSpec const& spec) {
    return spec.follows_default(option);
  });
  return is_read ? "" : fmt::format("an estimator that takes {} and does not give its own", option);
}

}  // namespace

std::vector<std::string> unused_keys(Settings const& settings) {
  auto const specs = parse_estimators(settings);
  std::vector<std::string> notes;
  for (Key const* key : changed_keys(settings)) {
    std::string const missing = missing_for(*key, settings, specs);
    if (!missing.empty())
      notes.push_back(text_of(*key, settings) + " has no effect without " + missing);
  }
  return notes;
}

std::string size_note(Settings const& settings) {
  // After 200 steps on the quickstart's prior in other units: error 0.19 from 0.01 to 3, 0.25 at
  // 30, 0.31 at 1e5, and chance's at 0.001 and 1e20.
  constexpr double smallest = 0.01, largest = 30;
  double size = 0;
  for (int family = 0; family < n_families(settings.task); ++family)
    size = std::max(size, std::sqrt(widest_mean_variance(family_of(settings.task, family))));
  if (settings.input.standardize || (size >= smallest && size <= largest)) return "";
  return fmt::format(
      "coordinates of tasks are about {} in size, far from 1, and a Transformer learns little or "
      "nothing from them; input.standardize = true brings them to 1",
      rounded_text(size));
}

std::string changed_estimator_defaults(Settings const& settings) {
  std::vector<std::string> texts;
  for (Key const* key : changed_keys(settings))
    if (key->name.starts_with("em.")) texts.push_back(text_of(*key, settings));
  return joined(texts);
}

}  // namespace tvem
