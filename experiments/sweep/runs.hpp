#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/sweep/grid.hpp"

namespace tvem {

/// An evaluation of a sweep: on what terms, what it is, and where it goes.
struct SweepEvaluation {
  Settings settings;
  std::string identity;        // (identity.hpp), which its file holds
  std::filesystem::path file;  // within the folder of the sweep
  std::size_t cell = 0;        // the first of those that need it
};

/// A run of a sweep, in a folder of its own: a training, with every evaluation of its model; or the
/// baselines on one distribution of tasks, which no model has a part in.
struct SweepRun {
  std::string id;  // name of the folder
  bool is_training = true;
  Settings settings;     // of the training, or of the baselines
  std::string identity;  // of the training, or of the baselines' evaluation
  std::size_t cell = 0;  // the first of those that need it
  std::vector<std::pair<std::string, std::string>> values;  // of the axes: see text()
  /// Of a training: evaluations of its model on other terms than those of its own run.h5. Of
  /// baselines: the one.
  std::vector<SweepEvaluation> evaluations;
  /// Of a training: the file of the baselines on the terms of run.h5; empty without.
  std::filesystem::path baselines_file;

  /// "model.layers = 4, run.seed = 2": the values of the keys that make a difference to the run;
  /// in `values` the others are empty.
  std::string text() const;
};

/// Where the results of a cell are. Without an estimator of the model there is no training.
struct SweepCell {
  std::optional<std::size_t> training, baselines;  // places among the runs
  std::optional<std::size_t> evaluation;  // of the training's model; none: that of its run.h5
};

/// What a sweep has to do, each run once: sets of baselines, then trainings, in the order of the
/// cells that need them.
struct SweepRuns {
  std::vector<SweepRun> runs;
  std::vector<SweepCell> cells;  // as those of the sweep
};

/// Throws ConfigurationError where two trainings would have one folder.
SweepRuns runs_of(Sweep const& sweep);

/// The settings of the baselines on the terms of `asked`: everything that they do not read has its
/// default. Where an axis changes the tasks or the guess, an estimator is left out that does not
/// suit them (unmet_conditions in estimators/specification.hpp).
Settings baselines_beside(Sweep const& sweep, Settings const& asked);

}  // namespace tvem
