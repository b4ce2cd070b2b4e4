#include "experiments/settings/unused_keys.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/settings/keys.hpp"
#include "framework/core/text.hpp"
#include "framework/tasks/spread.hpp"
#include "framework/train/evaluation.hpp"

namespace tvem {
namespace {

/// A key that only some settings read.
struct Condition {
  char const* key;
  bool (*is_read)(Settings const& settings);
  char const* needed;
};

using S = Settings;
constexpr Condition conditions[] = {
    {"task.scale", [](S const& s) { return s.task.means != MeansKind::simplex; },
     "task.means = gaussian, uniform or sphere"},
    {"task.concentration", [](S const& s) { return s.task.weights == WeightsKind::dirichlet; },
     "task.weights = dirichlet"},
    {"task.eigenvalue_ratio",
     [](S const& s) {
       return s.task.dim.high > 1 && s.task.covariance != CovarianceKind::shared &&
              s.task.covariance != CovarianceKind::spherical;
     },
     "task.covariance = tied, diagonal or full in more than one dimension"},
    {"task.degrees", [](S const& s) { return s.task.noise == NoiseKind::student; },
     "task.noise = student"},
    {"task.outliers", [](S const& s) { return s.task.outliers * s.task.points.high > 1 - 1e-9; },
     "enough task.points for one outlier"},
    {"task.pool_seed", [](S const& s) { return s.task.pool > 0; }, "task.pool"},
    {"input.corruption", [](S const& s) { return s.input.init == InitKind::corrupted; },
     "input.init = corrupted"},
    {"model.tied", [](S const& s) { return s.model.layers > 1; }, "model.layers above 1"},
    {"train.beta1", [](S const& s) { return s.train.optimizer != OptimizerKind::sgd; },
     "train.optimizer = adam or adamw"},
    {"train.beta2", [](S const& s) { return s.train.optimizer != OptimizerKind::sgd; },
     "train.optimizer = adam or adamw"},
    {"train.momentum", [](S const& s) { return s.train.optimizer == OptimizerKind::sgd; },
     "train.optimizer = sgd"},
    {"train.evaluate_tasks", [](S const& s) { return s.train.evaluate_every > 0; },
     "train.evaluate_every"},
};

/// Keys whose value is not the default's.
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

/// What is missing for the key to have an effect; empty when it has.
std::string missing_for(std::string const& key, Settings const& settings,
                        std::vector<EstimatorSpec> const& specs) {
  for (Condition const& condition : conditions)
    if (key == condition.key) return condition.is_read(settings) ? "" : condition.needed;
  if (!key.starts_with("em.")) return "";
  std::string const option = key.substr(3);
  bool const is_read = std::any_of(specs.begin(), specs.end(), [&](EstimatorSpec const& spec) {
    return follows_default(spec, option);
  });
  return is_read ? "" : "an estimator that takes " + option + " and does not give its own";
}

}  // namespace

std::vector<std::string> unused_keys(Settings const& settings) {
  auto const specs = parse_estimators(settings);
  std::vector<std::string> notes;
  for (Key const* key : changed_keys(settings)) {
    std::string const missing = missing_for(key->name, settings, specs);
    if (!missing.empty())
      notes.push_back(text_of(*key, settings) + " has no effect without " + missing);
  }
  return notes;
}

std::string size_note(Settings const& settings) {
  // After 200 steps on the quickstart's prior in other units: error 0.19 from 0.01 to 3, 0.25 at
  // 30, 0.31 at 1e5, and chance's at 0.001 and 1e20.
  constexpr double smallest = 0.01, largest = 30;
  double const size = std::sqrt(widest_mean_variance(settings.task));
  if (settings.input.standardize || (size >= smallest && size <= largest)) return "";
  return "coordinates of tasks are about " + rounded_text(size) +
         " in size, far from 1, and a Transformer learns little or nothing from them; "
         "input.standardize = true brings them to 1";
}

std::string changed_estimator_defaults(Settings const& settings) {
  std::string text;
  for (Key const* key : changed_keys(settings))
    if (key->name.starts_with("em.")) text += (text.empty() ? "" : ", ") + text_of(*key, settings);
  return text;
}

}  // namespace tvem
