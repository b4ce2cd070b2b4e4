#include "experiments/sweep/runs.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "experiments/settings/identity.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

constexpr std::size_t shown_digits = 10;

bool is_of_model(std::string const& estimator) {
  auto const method = value_named<Method>(split(estimator, ':')[0]);
  return method && needs_model(*method);
}

/// Whether a baseline starts from the guess of input.init, by its specification or by default.
bool starts_from_guess(std::string const& estimator, EmSettings const& em) {
  constexpr Method started[] = {Method::em, Method::gradient, Method::lloyd, Method::hartigan};
  auto const method = value_named<Method>(split(estimator, ':')[0]);
  if (!method || std::find(std::begin(started), std::end(started), *method) == std::end(started))
    return false;
  if (estimator.find(":start=") == std::string::npos) return em.start == StartKind::given;
  return (estimator + ":").find(":start=given:") != std::string::npos;
}

bool is_axis(Sweep const& sweep, std::string const& setting) {
  return std::any_of(sweep.axes.begin(), sweep.axes.end(), [&](SweepAxis const& axis) {
    return std::any_of(axis.keys.begin(), axis.keys.end(),
                       [&](SweptKey const& key) { return key.setting == setting; });
  });
}

/// Keeps the estimators of the model, and of the other settings of the evaluation what they read.
void keep_model(Settings& settings) {
  auto& estimators = settings.eval.estimators;
  std::erase_if(estimators, [](std::string const& e) { return !is_of_model(e); });
  bool const is_em_read = std::any_of(estimators.begin(), estimators.end(), [](auto const& e) {
    return e.starts_with(name_of(Method::transformer_em));
  });
  if (!is_em_read) settings.em = {};
}

/// Whether the values of the key make a difference to the run.
bool is_read(Sweep const& sweep, SweptKey const& key, SweepRun const& run) {
  if (key.setting.starts_with("input.") && !run.is_training)
    return baseline_settings(sweep, run.cell).input.init != InitKind::none ||
           sweep.evaluation_of(run.cell).input.init == InitKind::none;
  if (run.is_training) return !key.is_of_evaluation;
  return key.is_of_evaluation ||
         (key.setting.starts_with("task.") && !key.setting.starts_with("task.pool"));
}

/// The settings of the baselines beside an evaluation on the terms of `asked`.
Settings baselines_beside(Sweep const& sweep, Settings const& asked) {
  Settings settings;
  settings.run.name = "baselines";
  settings.task = asked.task;
  settings.task.pool = 0;
  settings.task.pool_seed = TaskSettings{}.pool_seed;
  settings.eval = asked.eval;
  settings.em = asked.em;
  bool const may_miss_guess = asked.input.init == InitKind::none && is_axis(sweep, "input.init");
  bool is_guess_read = false;
  std::erase_if(settings.eval.estimators, [&](std::string const& estimator) {
    bool const is_from_guess = starts_from_guess(estimator, asked.em);
    is_guess_read = is_guess_read || is_from_guess;
    return is_of_model(estimator) || (is_from_guess && may_miss_guess);
  });
  if (is_guess_read) {
    settings.input.init = asked.input.init;
    settings.input.corruption = asked.input.corruption;
  }
  return settings;
}

/// The folder of baselines and their file; empty when there are none.
std::filesystem::path file_of_baselines(Settings const& settings) {
  if (settings.eval.estimators.empty()) return {};
  std::filesystem::path const folder =
      "baselines-" + evaluation_identity(settings).substr(0, shown_digits);
  return folder / "evaluation.h5";
}

}  // namespace

Settings training_settings(Sweep const& sweep, std::size_t cell) {
  Settings settings = sweep.training_of(cell);
  keep_model(settings);
  return settings;
}

Settings model_evaluation_settings(Sweep const& sweep, std::size_t cell) {
  Settings settings = sweep.evaluation_of(cell);
  keep_model(settings);
  return settings;
}

Settings baseline_settings(Sweep const& sweep, std::size_t cell) {
  return baselines_beside(sweep, sweep.evaluation_of(cell));
}

std::string model_evaluation_identity(Sweep const& sweep, std::size_t cell) {
  return evaluation_identity(training_settings(sweep, cell),
                             model_evaluation_settings(sweep, cell));
}

std::string baseline_identity(Sweep const& sweep, std::size_t cell) {
  return evaluation_identity(baseline_settings(sweep, cell));
}

std::filesystem::path training_folder(Sweep const& sweep, std::size_t cell) {
  Settings const settings = training_settings(sweep, cell);
  return settings.eval.estimators.empty() ? "" : run_id(settings);
}

std::filesystem::path model_evaluation_file(Sweep const& sweep, std::size_t cell) {
  Settings const trained = training_settings(sweep, cell);
  if (trained.eval.estimators.empty()) return {};
  std::string const own = evaluation_identity(trained, trained);
  std::string const asked = model_evaluation_identity(sweep, cell);
  std::filesystem::path const folder = run_id(trained);
  return folder / (asked == own ? "run.h5" : "evaluation-" + asked.substr(0, shown_digits) + ".h5");
}

std::filesystem::path baseline_file(Sweep const& sweep, std::size_t cell) {
  return file_of_baselines(baseline_settings(sweep, cell));
}

std::filesystem::path baseline_file_of_training(Sweep const& sweep, SweepRun const& run) {
  return file_of_baselines(baselines_beside(sweep, sweep.training_of(run.cell)));
}

std::vector<SweepRun> runs_of(Sweep const& sweep) {
  std::vector<SweepRun> baselines, trainings;
  std::map<std::string, std::size_t> known;  // folders, and places in trainings
  std::set<std::string> known_files;
  std::vector<std::string> identities;  // of the trainings: the folder has their first digits
  for (std::size_t cell = 0; cell < sweep.cells.size(); ++cell) {
    std::string const baseline = baseline_file(sweep, cell).parent_path().string();
    if (!baseline.empty() && known_files.insert(baseline).second)
      baselines.push_back({baseline, false, cell, {}});
    auto const file = model_evaluation_file(sweep, cell);
    if (file.empty()) continue;
    std::string const folder = file.parent_path().string();
    std::string const identity = training_identity(training_settings(sweep, cell));
    if (known.emplace(folder, trainings.size()).second) {
      trainings.push_back({folder, true, cell, {}});
      identities.push_back(identity);
    }
    TVEM_CHECK(identities[known[folder]] == identity,
               "two trainings have one folder, " + folder + "; give one of them another run.name");
    if (file.filename() != "run.h5" && known_files.insert(file.string()).second)
      trainings[known[folder]].evaluations.push_back(cell);
  }
  baselines.insert(baselines.end(), trainings.begin(), trainings.end());
  return baselines;
}

std::vector<std::pair<std::string, std::string>> values_of(Sweep const& sweep,
                                                           SweepRun const& run) {
  std::vector<std::pair<std::string, std::string>> values;
  for (std::size_t a = 0; a < sweep.axes.size(); ++a)
    for (std::size_t k = 0; k < sweep.axes[a].keys.size(); ++k) {
      SweptKey const& key = sweep.axes[a].keys[k];
      values.emplace_back(key.name, is_read(sweep, key, run)
                                        ? sweep.axes[a].values[sweep.cells.at(run.cell)[a]][k]
                                        : std::string());
    }
  return values;
}

std::string text_of(Sweep const& sweep, SweepRun const& run) {
  std::string text;
  for (auto const& [name, value] : values_of(sweep, run))
    if (!value.empty()) text += (text.empty() ? "" : ", ") + name + " = " + value;
  if (text.empty()) return run.is_training ? "one training" : "one distribution of tasks";
  return text;
}

}  // namespace tvem
