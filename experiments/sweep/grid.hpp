#pragma once

#include <string>
#include <vector>

#include "framework/train/settings.hpp"

namespace tvem {

/// A key of an axis. It changes the training (task.points), the evaluation (em.restarts), or only
/// the tasks of the evaluation (evaluate.task.points).
struct SweptKey {
  std::string name;     // with "evaluate." where it has it
  std::string setting;  // the key that it sets, without
  bool is_of_evaluation = false;
};

/// An axis of a sweep: a key with its values, or several keys that change together.
struct SweepAxis {
  std::vector<SweptKey> keys;
  std::vector<std::vector<std::string>> values;  // by position, then key; as files print them
};

/// A grid of settings: every combination of the axes' values but those left out.
struct Sweep {
  Settings base;  // families are not resolved
  std::vector<SweepAxis> axes;
  std::string skip;                             // what is left out, as text
  std::vector<std::vector<std::size_t>> cells;  // position on each axis; the last changes fastest

  /// The base with the values of a cell for keys of trainings.
  Settings training_of(std::size_t cell) const;
  /// The same, and the values for keys of evaluations.
  Settings evaluation_of(std::size_t cell) const;
  /// "model.layers = 4, run.seed = 2": the values of a cell on every axis.
  std::string text_of(std::size_t cell) const;
};

/// All positions of a grid with axes of these sizes; the last changes fastest.
std::vector<std::vector<std::size_t>> grid_positions(std::vector<std::size_t> const& sizes);

/// Reads a sweep from a configuration with a section [sweep], or arguments --sweep.KEY LIST:
///   model.layers = 1, 2, 4                      an axis; axes are crossed
///   run.seed = 1..5                             the integers from 1 to 5
///   model.width & model.heads = 32 & 2, 64 & 4  keys that change together
///   evaluate.task.points = 25, 50               of the evaluation alone: nothing is trained anew
///   skip = model.layers > 2 and run.seed != 1 or run.seed = 5   combinations to leave out
/// A range of a key that draws from ranges (task.points = 20..40) is one value. Keys of `task` and
/// the guess `input` may stand behind "evaluate."; those of `eval` and `em` are of the evaluation
/// anyway. No key of a family of tasks may be an axis. Adds a sentence to `problems` for everything
/// that is wrong; a grid of more than 100 000 cells is.
Sweep parse_sweep(std::string const& ini_text, std::string const& ini_name,
                  std::vector<std::string> const& arguments, std::vector<std::string>& problems);

/// The complete configuration with its section [sweep], which parse_sweep reads back.
std::string sweep_text(Sweep const& sweep);

}  // namespace tvem
