#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "framework/core/random.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/tasks/batch.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// A task's own units in the model's input: (x - shift) / scale, coordinate by coordinate.
struct Units {
  Eigen::VectorXd shift, scale;  // d; or none, for the units of the points

  bool are_those_of_points() const { return scale.size() == 0; }
  /// Points (n x d) in these units.
  RowMatrix from_points(RowMatrix const& points) const;
  /// A mixture of the points in these units, and back.
  Mixture from_points(Mixture const& mixture) const;
  Mixture to_points(Mixture const& mixture) const;
};

/// Units in which every coordinate of the points has mean 0 and variance 1. A coordinate that is
/// constant but for rounding (is_constant) keeps its scale.
Units standard_units(RowMatrix const& points);

/// What goes into the model, and the units of each task in it.
struct ModelInput {
  RaggedBatch batch;
  std::vector<Units> units;
};

/// The sizes of tasks that a model of these settings is made for.
ModelDomain model_domain(Settings const& settings);

/// Makes the input of tasks, in the memory that `input` has. Its columns are the coordinates,
/// standardised or not: as many as the largest dimension of a task, with zeros past a task's own.
/// With input.init indicators of the guess's label follow, as many as the largest number of
/// components. With input.auxiliary the mean of the guess's component follows, in the units of the
/// coordinates, and its share. seed, purpose: that the tasks were drawn with; they key the guess.
void fill_model_input(Settings const& settings, std::uint64_t seed, Purpose purpose,
                      std::span<Task const> tasks, ModelInput& input);

}  // namespace tvem
