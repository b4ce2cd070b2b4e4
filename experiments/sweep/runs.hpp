#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/sweep/grid.hpp"

namespace tvem {

/// A piece of work of a sweep, in a folder of its own: a training, with every evaluation of its
/// model; or the baselines on one distribution of tasks, which no model has a part in.
struct SweepRun {
  std::string id;  // name of the folder
  bool is_training = true;
  std::size_t cell = 0;  // the first of those that need it
  /// Of a training: a cell for each evaluation on other terms than those of its own run.h5.
  std::vector<std::size_t> evaluations;
};

/// What a sweep has to do, each once: sets of baselines, then trainings, in the order of the cells
/// that need them. Without an estimator of the model there is no training.
std::vector<SweepRun> runs_of(Sweep const& sweep);

/// "model.layers = 4, run.seed = 2": the values of the keys that make a difference to the run.
std::string text_of(Sweep const& sweep, SweepRun const& run);
/// Those values by name and value; a key that makes no difference has an empty value.
std::vector<std::pair<std::string, std::string>> values_of(Sweep const& sweep, SweepRun const& run);

/// The settings of the training that a cell needs: with the base's evaluation, of the model alone.
Settings training_settings(Sweep const& sweep, std::size_t cell);
/// The settings of the evaluation of a cell's model.
Settings model_evaluation_settings(Sweep const& sweep, std::size_t cell);
/// The settings of a cell's baselines: everything that they do not read has its default. Where
/// input.init is an axis, estimators that start from a guess are left out where there is none.
Settings baseline_settings(Sweep const& sweep, std::size_t cell);

/// The identities of those evaluations (identity.hpp), which their files hold.
std::string model_evaluation_identity(Sweep const& sweep, std::size_t cell);
std::string baseline_identity(Sweep const& sweep, std::size_t cell);

/// Where the results of a cell are, within the folder of the sweep; empty when there are none by
/// its estimators.
std::filesystem::path training_folder(Sweep const& sweep, std::size_t cell);
std::filesystem::path model_evaluation_file(Sweep const& sweep, std::size_t cell);
std::filesystem::path baseline_file(Sweep const& sweep, std::size_t cell);
/// The baselines on the terms of the evaluation in the run.h5 of the training.
std::filesystem::path baseline_file_of_training(Sweep const& sweep, SweepRun const& run);

}  // namespace tvem
