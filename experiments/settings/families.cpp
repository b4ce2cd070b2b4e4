#include "experiments/settings/families.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "experiments/settings/keys.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// Keys that set the size of the model and of its memory: those of `task` cover all families.
constexpr std::array<char const*, 3> covering_keys{"task.dim", "task.components", "task.points"};

FamilyDefinition* find_family(Settings& settings, std::string const& name) {
  auto& families = settings.families;
  auto const found = std::find_if(families.begin(), families.end(),
                                  [&](auto const& family) { return family.name == name; });
  return found == families.end() ? nullptr : &*found;
}

bool has_value(FamilyDefinition const& family, std::string const& key) {
  return std::any_of(family.values.begin(), family.values.end(),
                     [&](auto const& value) { return value.first == key; });
}

void apply(FamilyDefinition const& family, Settings& settings) {
  for (auto const& [name, value] : family.values)
    TVEM_CHECK(find_key(name)->parse(value, settings), "a value of a family is not accepted");
}

/// Writes a covering key out in every family, where some family has it.
void write_out_covering_keys(Settings& settings) {
  for (auto const* const key : covering_keys) {
    auto& families = settings.families;
    if (std::none_of(families.begin(), families.end(),
                     [&](auto const& family) { return has_value(family, key); }))
      continue;
    for (FamilyDefinition& family : families)
      if (!has_value(family, key)) family.values.emplace_back(key, find_key(key)->print(settings));
  }
}

void cover(Range<int>& range, Range<int> const& other) {
  range = {std::min(range.low, other.low), std::max(range.high, other.high)};
}

void draw_from_all(Settings& settings) {
  write_out_covering_keys(settings);
  settings.task.families.clear();
  std::vector<TaskFamily> families;
  for (std::string const& name : settings.task.family) {
    Settings member = settings;
    member.task.family = {name};
    apply(*find_family(settings, name), member);
    families.push_back({name, member.task});
  }
  TaskSettings& task = settings.task;
  TaskSettings const& first = families[0].settings;
  std::tie(task.dim, task.components, task.points) =
      std::tuple(first.dim, first.components, first.points);
  for (auto const& [name, member] : families) {
    cover(task.dim, member.dim);
    cover(task.components, member.components);
    cover(task.points, member.points);
  }
  task.families = std::move(families);
}

}  // namespace

void define_family(std::string const& name, Assignment const& assignment, std::string const& where,
                   Settings& settings, std::vector<std::string>& problems) {
  Key const* const key = find_key(assignment.name);
  Settings scratch;
  std::string const subject = fmt::format("{}, family {}: ", where, name);
  if (!is_family_name(name))
    problems.push_back(subject + "its name is not of letters, digits, _ and -");
  else if (!key)
    problems.push_back(subject + unknown_key_text(assignment.name));
  else if (!is_of_tasks(*key) || key->name == "task.family")
    problems.push_back(
        subject + key->name +
        " says nothing of a task; a family has keys task.* but family, pool and label_noise");
  else if (!key->parse(assignment.value, scratch))
    problems.push_back(subject + unaccepted_text(*key, assignment.value));
  if (!key || !key->parse(assignment.value, scratch)) return;
  if (!find_family(settings, name)) settings.families.push_back({name, {}});
  auto& values = find_family(settings, name)->values;
  std::erase_if(values, [&](auto const& value) { return value.first == key->name; });
  values.emplace_back(key->name, key->print(scratch));
}

void resolve_families(Settings& settings, std::vector<std::string>& problems) {
  std::vector<std::string> known;
  for (FamilyDefinition const& family : settings.families) known.push_back(family.name);
  auto const& names = settings.task.family;
  for (std::string const& name : names)
    if (!find_family(settings, name))
      problems.push_back(fmt::format("task.family = {}: there is no section [family.{}]; {}", name,
                                     name,
                                     known.empty() ? "the configuration defines no family"
                                                   : "the families are " + joined(known)));
  auto const is_missing = [&](auto const& name) { return !find_family(settings, name); };
  if (std::any_of(names.begin(), names.end(), is_missing)) return;
  std::erase_if(settings.families, [&](FamilyDefinition const& family) {
    return std::count(names.begin(), names.end(), family.name) == 0;
  });
  if (names.size() == 1)
    apply(settings.families[0], settings);
  else if (!names.empty())
    draw_from_all(settings);
}

}  // namespace tvem
