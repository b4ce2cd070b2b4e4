#include "experiments/sweep/runs.hpp"

#include <algorithm>
#include <map>

#include "experiments/settings/identity.hpp"
#include "experiments/settings/keys.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/specification.hpp"

namespace tvem {
namespace {

constexpr std::size_t shown_digits = 10;

/// The specification. A wrong one counts as a baseline, so that the problems of the run name it.
EstimatorSpec read_specification(std::string const& text, EmSettings const& em) {
  try {
    return parse_estimator(text, em);
  } catch (ConfigurationError const&) {
    return {.text = text, .method = Method::chance, .em = em, .given = {}};
  }
}

/// Whether the specification goes with all of the tasks and the guess.
bool suits(EstimatorSpec const& spec, Settings const& asked) {
  for (int family = 0; family < n_families(asked.task); ++family)
    if (!unmet_conditions(spec, family_of(asked.task, family), asked.input).empty()) return false;
  return true;
}

/// Whether a cell leaves the estimator out: its tasks or its guess do not suit. The one that all
/// are compared with is never left out, so that the problems of the run name what it lacks.
bool is_left_out(EstimatorSpec const& spec, Settings const& asked) {
  return spec.text != asked.eval.reference && !suits(spec, asked);
}

/// Whether cells differ in their tasks or their guess, so that an estimator may suit some alone.
bool has_axis_of_tasks_or_guess(Sweep const& sweep) {
  return std::any_of(sweep.axes.begin(), sweep.axes.end(), [](SweepAxis const& axis) {
    return std::any_of(axis.keys.begin(), axis.keys.end(), [](SweptKey const& key) {
      return is_of_tasks_or_guess(*find_key(key.setting));
    });
  });
}

/// Whether all estimators are evaluated with the model: where their labels are compared.
bool are_all_of_model(Settings const& settings) {
  auto const& texts = settings.eval.estimators;
  return has_reference(settings.eval) &&
         std::any_of(texts.begin(), texts.end(), [&](std::string const& text) {
           return read_specification(text, settings.em).needs_model();
         });
}

/// Keeps the estimators of the model that suit, and the other settings that they read.
Settings of_model(Settings settings, bool are_unsuited_left_out) {
  bool const are_all = are_all_of_model(settings);
  bool is_em_read = are_all;
  std::erase_if(settings.eval.estimators, [&](std::string const& text) {
    EstimatorSpec const spec = read_specification(text, settings.em);
    bool const is_of_model = are_all || spec.needs_model();
    if (!is_of_model || (are_unsuited_left_out && is_left_out(spec, settings))) return true;
    is_em_read = is_em_read || spec.method == Method::transformer_em;
    return false;
  });
  if (!is_em_read) settings.em = {};
  return settings;
}

/// Whether baselines beside the evaluation `asked` read the key.
bool do_baselines_read(SweptKey const& key, Settings const& baselines, Settings const& asked) {
  if (key.setting.starts_with("input."))
    return baselines.input.guess != GuessKind::none || asked.input.guess == GuessKind::none;
  Key const& setting = *find_key(key.setting);
  return (key.is_of_evaluation && !is_of_ablation(setting)) || is_of_tasks(setting);
}

class RunFinder {
 public:
  explicit RunFinder(Sweep const& sweep)
      : sweep_(sweep), are_unsuited_left_out_(has_axis_of_tasks_or_guess(sweep)) {}

  SweepRuns find() {
    SweepRuns found;
    for (std::size_t cell = 0; cell < sweep_.cells.size(); ++cell) found.cells.push_back(add(cell));
    for (SweepCell& cell : found.cells)
      if (cell.training) *cell.training += baselines_.size();
    found.runs = std::move(baselines_);
    std::move(trainings_.begin(), trainings_.end(), std::back_inserter(found.runs));
    return found;
  }

 private:
  SweepCell add(std::size_t cell) {
    Settings const asked = sweep_.evaluation_of(cell);
    SweepCell places;
    places.baselines = add_baselines(cell, asked);
    Settings const base = sweep_.training_of(cell);
    Settings const trained = of_model(base, are_unsuited_left_out_);
    Settings const evaluated = of_model(asked, are_unsuited_left_out_);
    if (trained.eval.estimators.empty() || evaluated.eval.estimators.empty()) return places;
    places.training = add_training(cell, base, trained);
    places.evaluation = add_evaluation(cell, trained, evaluated, *places.training);
    return places;
  }

  std::optional<std::size_t> add_baselines(std::size_t cell, Settings const& asked) {
    Settings const settings = baselines_beside(sweep_, asked);
    if (settings.eval.estimators.empty()) return std::nullopt;
    std::string const identity = evaluation_identity(settings);
    std::string const id = baselines_id(identity);
    auto const [place, is_new] = places_.emplace(id, baselines_.size());
    if (is_new) {
      auto const is_read = [&](SweptKey const& key) {
        return do_baselines_read(key, settings, asked);
      };
      baselines_.push_back({.id = id,
                            .is_training = false,
                            .settings = settings,
                            .identity = identity,
                            .cell = cell,
                            .values = values_of(cell, is_read),
                            .evaluations = {{settings, identity, file_of_baselines(id), cell}},
                            .baselines_file = {}});
    }
    return place->second;
  }

  std::size_t add_training(std::size_t cell, Settings const& base, Settings const& trained) {
    std::string const id = run_id(trained), identity = training_identity(trained);
    auto const [place, is_new] = places_.emplace(id, trainings_.size());
    if (is_new) {
      Settings const beside = baselines_beside(sweep_, base);
      trainings_.push_back(
          {.id = id,
           .is_training = true,
           .settings = trained,
           .identity = identity,
           .cell = cell,
           .values = values_of(cell, [](SweptKey const& key) { return !key.is_of_evaluation; }),
           .evaluations = {},
           .baselines_file = beside.eval.estimators.empty()
                                 ? fs::path()
                                 : file_of_baselines(baselines_id(evaluation_identity(beside)))});
    }
    TVEM_CHECK(trainings_[place->second].identity == identity,
               "two trainings have one folder, " + id + "; give one of them another run.name");
    return place->second;
  }

  /// None where run.h5 holds the evaluation.
  std::optional<std::size_t> add_evaluation(std::size_t cell, Settings const& trained,
                                            Settings const& asked, std::size_t training) {
    std::string const identity = evaluation_identity(trained, asked);
    if (identity == evaluation_identity(trained, trained)) return std::nullopt;
    SweepRun& run = trainings_[training];
    auto const name = fmt::format("evaluation-{}.h5", identity.substr(0, shown_digits));
    fs::path const file = fs::path(run.id) / name;
    auto const [place, is_new] = places_.emplace(file.string(), run.evaluations.size());
    if (is_new) run.evaluations.push_back({asked, identity, file, cell});
    return place->second;
  }

  static std::string baselines_id(std::string const& identity) {
    return "baselines-" + identity.substr(0, shown_digits);
  }
  static fs::path file_of_baselines(std::string const& id) {
    return fs::path(id) / "evaluation.h5";
  }

  template <class IsRead>
  std::vector<std::pair<std::string, std::string>> values_of(std::size_t cell,
                                                             IsRead const& is_read) const {
    std::vector<std::pair<std::string, std::string>> values;
    for (std::size_t a = 0; a < sweep_.axes.size(); ++a)
      for (std::size_t k = 0; k < sweep_.axes[a].keys.size(); ++k) {
        SweptKey const& key = sweep_.axes[a].keys[k];
        std::string const& value = sweep_.axes[a].values[sweep_.cells[cell][a]][k];
        values.emplace_back(key.name, is_read(key) ? value : std::string());
      }
    return values;
  }

  Sweep const& sweep_;
  bool are_unsuited_left_out_;
  std::vector<SweepRun> baselines_, trainings_;
  std::map<std::string, std::size_t> places_;  // of runs and evaluations, by folder and file
};

}  // namespace

Settings baselines_beside(Sweep const& sweep, Settings const& asked) {
  Settings settings = first_settings();  // what baselines do not read stays out of their identity
  settings.run.name = "baselines";
  settings.families = asked.families;
  settings.task = asked.task;
  settings.task.pool = 0;
  settings.task.pool_seed = TaskSettings{}.pool_seed;
  settings.task.label_noise = 0;
  settings.eval = asked.eval;
  static_cast<Ablation&>(settings.eval) = {};
  settings.em = asked.em;
  bool const are_all_left_out = are_all_of_model(asked);
  bool const are_unsuited_left_out = has_axis_of_tasks_or_guess(sweep);
  bool is_guess_read = false;
  std::erase_if(settings.eval.estimators, [&](std::string const& text) {
    EstimatorSpec const spec = read_specification(text, asked.em);
    is_guess_read = is_guess_read || spec.takes_guess();
    return are_all_left_out || spec.needs_model() ||
           (are_unsuited_left_out && is_left_out(spec, asked));
  });
  if (is_guess_read) {
    settings.input.guess = asked.input.guess;
    settings.input.corruption = asked.input.corruption;
  }
  return settings;
}

std::string SweepRun::text() const {
  std::vector<std::string> texts;
  for (auto const& [name, value] : values)
    if (!value.empty()) texts.push_back(fmt::format("{} = {}", name, value));
  if (!texts.empty()) return joined(texts);
  return is_training ? "one training" : "one distribution of tasks";
}

SweepRuns runs_of(Sweep const& sweep) { return RunFinder(sweep).find(); }

}  // namespace tvem
