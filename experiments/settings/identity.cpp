#include "experiments/settings/identity.hpp"

#include <numeric>
#include <set>

#include "experiments/settings/keys.hpp"
#include "framework/core/sha256.hpp"
#include "framework/optim/schedule.hpp"

namespace tvem {
namespace {

/// Raised when a default changes its meaning, so that old results are not taken for new ones.
constexpr int identity_version = 1;

std::vector<std::string> const& default_values() {
  static std::vector<std::string> const values = [] {
    std::vector<std::string> printed;
    for (Key const& key : configuration_keys()) printed.push_back(key.print(Settings{}));
    return printed;
  }();
  return values;
}

/// "key = value" for each of these keys that differs from its default, sorted.
template <class IsOne>
std::string differing_lines(Settings const& settings, IsOne const& is_one) {
  auto const& keys = configuration_keys();
  std::set<std::string> lines;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!is_one(keys[i])) continue;
    std::string const value = keys[i].print(settings);
    if (value != default_values()[i]) lines.insert(keys[i].name + " = " + value + "\n");
  }
  return std::accumulate(lines.begin(), lines.end(), std::string());
}

std::string differing_lines(Settings const& settings, KeyRole role) {
  return differing_lines(settings, [&](Key const& key) { return key.role == role; });
}

/// Whether an evaluation of a trained model reads the key.
bool is_of_evaluation(Key const& key) {
  if (key.name.starts_with("task.pool")) return false;
  return key.role == KeyRole::evaluation || key.name.starts_with("task.") ||
         key.name.starts_with("input.");
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

std::vector<std::string> differences(KeyRole role, Settings const& stored, Settings const& asked) {
  std::vector<std::string> found;
  for (Key const& key : configuration_keys()) {
    std::string const there = key.print(stored), here = key.print(asked);
    if (key.role == role && there != here && !is_only_longer(key, stored, asked))
      found.push_back(key.name + ": " + there + " there, " + here + " asked for");
  }
  return found;
}

}  // namespace

std::string training_identity(Settings const& settings) {
  return digest("training " + std::to_string(identity_version) + "\n" +
                differing_lines(settings, KeyRole::training));
}

std::string evaluation_identity(Settings const& settings) {
  return digest("evaluation " + std::to_string(identity_version) + "\n" +
                training_identity(settings) + "\n" +
                differing_lines(settings, KeyRole::evaluation));
}

std::string evaluation_identity(Settings const& trained, Settings const& asked,
                                std::optional<std::int64_t> steps_done) {
  bool const is_finished = !steps_done || *steps_done == trained.train.steps;
  return digest("evaluation of a model " + std::to_string(identity_version) + "\n" +
                training_identity(trained) + "\n" +
                (is_finished ? "" : "after " + std::to_string(*steps_done) + " steps\n") +
                differing_lines(asked, is_of_evaluation));
}

std::string run_id(Settings const& settings) {
  return settings.run.name + "-" + training_identity(settings).substr(0, 10);
}

std::vector<std::string> training_differences(Settings const& stored, Settings const& asked) {
  return differences(KeyRole::training, stored, asked);
}

std::vector<std::string> operational_differences(Settings const& stored, Settings const& asked) {
  return differences(KeyRole::operational, stored, asked);
}

}  // namespace tvem
