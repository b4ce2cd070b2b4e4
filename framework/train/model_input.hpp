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

/// Units in which every coordinate of the points has mean 0 and variance 1; one that is the same
/// for all points but for rounding (is_constant) keeps its scale.
Units standard_units(RowMatrix const& points);

/// What goes into the model, and the units of each task in it.
struct ModelInput {
  RaggedBatch batch;
  std::vector<Units> units;
};

/// The sizes of tasks that a model of these settings is made for.
ModelDomain model_domain(Settings const& settings);

/// The input of tasks, in the memory that it has. Its columns are the coordinates (largest
/// dimension of a task, zeros past a task's own), standardised or not; with input.init the label
/// that the guess gives the point, as indicators (largest number of components); with
/// input.auxiliary the guess's mean of the point's component in the units of the coordinates, and
/// its share. seed, purpose: that the tasks were drawn with; they key the guess.
void fill_model_input(Settings const& settings, std::uint64_t seed, Purpose purpose,
                      std::span<Task const> tasks, ModelInput& input);

}  // namespace tvem
