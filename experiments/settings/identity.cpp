#include "experiments/settings/identity.hpp"

#include <map>
#include <set>

#include "experiments/settings/keys.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/core/sha256.hpp"
#include "framework/core/text.hpp"
#include "framework/optim/schedule.hpp"

namespace tvem {
namespace {

/// Raised when a default changes its meaning, so that old results are not taken for new ones.
constexpr int identity_version = 1;

/// What identities leave out. A default that has changed is not left out, but the first one is: so
/// folders of earlier builds keep their identities.
std::vector<std::string> const& default_values() {
  static std::vector<std::string> const values = [] {
    std::vector<std::string> printed;
    for (Key const& key : configuration_keys()) printed.push_back(key.print(first_settings()));
    return printed;
  }();
  return values;
}

/// The values of named families, by "family.NAME.KEY".
std::map<std::string, std::string> family_values(Settings const& settings) {
  std::map<std::string, std::string> values;
  for (FamilyDefinition const& family : settings.families)
    for (auto const& [name, value] : family.values)
      values[fmt::format("family.{}.{}", family.name, name)] = value;
  return values;
}

/// Whether families with covariance matrices stand beside others. Such tasks were wrong in the
/// first builds, whose results must not be taken for today's.
bool mixes_matrices(TaskSettings const& tasks) {
  int n_with_matrices = 0;
  for (int family = 0; family < n_families(tasks); ++family)
    n_with_matrices += has_matrices(family_of(tasks, family).covariance) ? 1 : 0;
  return n_with_matrices > 0 && n_with_matrices < n_families(tasks);
}

/// Whether the identity names the key: its value is not the first default. Today's default of a key
/// that nothing reads says nothing either.
bool is_named(Key const& key, std::string const& value, std::string const& first_default,
              Settings const& settings) {
  if (value == first_default) return false;
  return value != key.print(Settings{}) || is_read_by_some_family(key, settings);
}

/// Sorted lines "key = value" for those of these keys that the identity names, and for named
/// families.
template <class IsOne>
std::string differing_lines(Settings const& settings, IsOne const& is_one) {
  auto const& keys = configuration_keys();
  std::set<std::string> lines;
  bool has_tasks = false;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!is_one(keys[i])) continue;
    has_tasks = has_tasks || keys[i].name == "task.family";
    std::string const value = keys[i].print(settings);
    if (is_named(keys[i], value, default_values()[i], settings))
      lines.insert(fmt::format("{} = {}\n", keys[i].name, value));
  }
  if (has_tasks)
    for (auto const& [name, value] : family_values(settings))
      lines.insert(fmt::format("{} = {}\n", name, value));
  if (has_tasks && mixes_matrices(settings.task)) lines.insert("families keep nothing\n");
  return joined(lines, "");
}

std::string differing_lines(Settings const& settings, Role role) {
  return differing_lines(settings, [&](Key const& key) { return key.role == role; });
}

/// Whether an evaluation of a trained model reads the key.
bool is_of_evaluation(Key const& key) {
  return key.role == Role::evaluation || is_of_tasks(key) || key.name.starts_with("input.");
}

std::string digest(std::string const& text) {
  Sha256 sha;
  sha.update(text);
  return sha.hex_digest();
}

bool is_only_longer(Key const& key, Settings const& stored, Settings const& asked) {
  return key.name == "train.steps" && asked.train.steps > stored.train.steps &&
         !schedule_depends_on_steps(stored.train.schedule);
}

/// Differences between the definitions of families.
std::vector<std::string> family_differences(Settings const& stored, Settings const& asked) {
  std::vector<std::string> found;
  auto there = family_values(stored), here = family_values(asked);
  for (auto const& [name, value] : family_values(stored)) here.try_emplace(name, "nothing");
  for (auto const& [name, value] : here) {
    auto const [stored_value, is_missing] = there.try_emplace(name, "nothing");
    if (stored_value->second != value)
      found.push_back(fmt::format("{}: {} there, {} asked for", name, stored_value->second, value));
  }
  return found;
}

std::vector<std::string> differences(Role role, Settings const& stored, Settings const& asked) {
  std::vector<std::string> found;
  for (Key const& key : configuration_keys()) {
    std::string const there = key.print(stored), here = key.print(asked);
    if (key.role == role && there != here && !is_only_longer(key, stored, asked))
      found.push_back(fmt::format("{}: {} there, {} asked for", key.name, there, here));
  }
  return found;
}

}  // namespace

std::string training_identity(Settings const& settings) {
  return digest(
      fmt::format("training {}\n{}", identity_version, differing_lines(settings, Role::training)));
}

std::string evaluation_identity(Settings const& settings) {
  return digest(fmt::format("evaluation {}\n{}\n{}", identity_version, training_identity(settings),
                            differing_lines(settings, Role::evaluation)));
}

std::string evaluation_identity(Settings const& trained, Settings const& asked,
                                std::optional<std::int64_t> steps_done) {
  bool const is_finished = !steps_done || *steps_done == trained.train.steps;
  return digest(fmt::format("evaluation of a model {}\n{}\n{}{}", identity_version,
                            training_identity(trained),
                            is_finished ? "" : fmt::format("after {} steps\n", *steps_done),
                            differing_lines(asked, is_of_evaluation)));
}

std::string identity_on_tasks(std::string const& evaluation_identity,
                              std::string const& tasks_digest) {
  return digest(fmt::format("{}\non tasks {}", evaluation_identity, tasks_digest));
}

std::string run_id(Settings const& settings) {
  return settings.run.name + "-" + training_identity(settings).substr(0, 10);
}

std::vector<std::string> training_differences(Settings const& stored, Settings const& asked) {
  auto found = differences(Role::training, stored, asked);
  append(found, family_differences(stored, asked));
  return found;
}

std::vector<std::string> operational_differences(Settings const& stored, Settings const& asked) {
  return differences(Role::operational, stored, asked);
}

}  // namespace tvem
