#pragma once

#include <string>
#include <vector>

#include "tvem/core/settings.hpp"

namespace tvem {

/// An axis of a sweep: a key with its values, or several keys that change together.
struct SweepAxis {
  std::vector<std::string> keys;
  std::vector<std::vector<std::string>> values;  // by position, then key; as files print them
};

/// A grid of trainings: every combination of the axes' values but those left out.
struct Sweep {
  Settings base;
  std::vector<SweepAxis> axes;
  std::string skip;                            // what is left out, as text
  std::vector<std::vector<std::size_t>> runs;  // position on each axis; the last changes fastest

  /// The base with the values of a run.
  Settings settings_of(std::size_t run) const;
  /// "model.layers = 4, run.seed = 2": what a run has of every axis.
  std::string text_of(std::size_t run) const;
};

/// Reads a sweep from a configuration with a section [sweep], or arguments --sweep.KEY LIST:
///   model.layers = 1, 2, 4                      an axis; axes are crossed
///   run.seed = 1..5                             the integers from 1 to 5
///   model.width & model.heads = 32 & 2, 64 & 4  keys that change together
///   skip = model.layers > 2 and run.seed != 1 or run.seed = 5   combinations to leave out
/// A range of a key that draws from ranges (task.points = 20..40) is one value. Keys are those that
/// determine a training. Adds a sentence to `problems` for everything that is wrong; a grid of more
/// than 100 000 runs is.
Sweep parse_sweep(std::string const& ini_text, std::string const& ini_name,
                  std::vector<std::string> const& arguments, std::vector<std::string>& problems);

/// The complete configuration with its section [sweep], which parse_sweep reads back.
std::string sweep_text(Sweep const& sweep);

}  // namespace tvem
