#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/sweep/grid.hpp"
#include "io/fs.hpp"

namespace tvem {

struct SweepEvaluation {
  Settings settings;
  std::string identity;  // (identity.hpp), which its file holds
  fs::path file;         // within the folder of the sweep
  std::size_t cell = 0;  // the first of those that need it
};

/// A run of a sweep in a folder of its own: a training with every evaluation of its model, or the
/// baselines on one distribution of tasks, without a model.
struct SweepRun {
  std::string id;  // name of the folder
  bool is_training = true;
  Settings settings;     // of the training, or of the baselines
  std::string identity;  // of the training, or of the baselines' evaluation
  std::size_t cell = 0;  // the first of those that need it
  std::vector<std::pair<std::string, std::string>> values;  // of the axes: see text()
  /// Of a training: evaluations of its model with other settings than in its run.h5. Of baselines:
  /// their only evaluation.
  std::vector<SweepEvaluation> evaluations;
  /// Of a training: the file of the baselines on the tasks of run.h5; empty without.
  fs::path baselines_file;

  /// "model.layers = 4, run.seed = 2": the keys that make a difference to the run. The others are
  /// empty in `values`.
  std::string text() const;
};

/// The places of a cell's results. Without an estimator of the model there is no training.
struct SweepCell {
  std::optional<std::size_t> training, baselines;  // places among the runs
  std::optional<std::size_t> evaluation;  // of the training's model; none: that of its run.h5
};

/// All runs of a sweep, each once: first baselines, then trainings, in the order of the cells that
/// need them.
struct SweepRuns {
  std::vector<SweepRun> runs;
  std::vector<SweepCell> cells;  // as those of the sweep
};

/// Throws ConfigurationError where two trainings would have one folder.
SweepRuns runs_of(Sweep const& sweep);

/// The settings of the baselines beside the evaluation `asked`: keys that they do not read have
/// their defaults. Where an axis changes the tasks or the guess, estimators that do not suit them
/// are left out (unmet_conditions in estimators/specification.hpp).
Settings baselines_beside(Sweep const& sweep, Settings const& asked);

}  // namespace tvem
