#include "tvem/io/identity.hpp"

#include <numeric>
#include <set>

#include "tvem/core/sha256.hpp"
#include "tvem/io/keys.hpp"
#include "tvem/optim/schedule.hpp"

namespace tvem {
namespace {

/// Raised when a default changes its meaning, so that old results are not taken for new ones.
constexpr int identity_version = 1;

/// "key = value" for each key of this role that differs from its default, sorted.
std::string differing_lines(Settings const& settings, KeyRole role) {
  Settings const defaults;
  std::set<std::string> lines;
  for (Key const& key : configuration_keys())
    if (key.role == role && key.print(settings) != key.print(defaults))
      lines.insert(key.name + " = " + key.print(settings) + "\n");
  return std::accumulate(lines.begin(), lines.end(), std::string());
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

std::string run_id(Settings const& settings) {
  return settings.run.name + "-" + training_identity(settings).substr(0, 10);
}

std::vector<std::string> training_differences(Settings const& stored, Settings const& asked) {
  std::vector<std::string> differences;
  for (Key const& key : configuration_keys()) {
    std::string const there = key.print(stored), here = key.print(asked);
    if (key.role != KeyRole::training || there == here || is_only_longer(key, stored, asked))
      continue;
    differences.push_back(key.name + ": " + there + " there, " + here + " asked for");
  }
  return differences;
}

}  // namespace tvem
