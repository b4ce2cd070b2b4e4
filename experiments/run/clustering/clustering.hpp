#pragma once

#include <cstdint>
#include <vector>

#include "experiments/run/trained_model.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/estimators/estimator.hpp"
#include "framework/nn/transformer.hpp"
#include "io/clustering_file.hpp"

namespace tvem {

/// A user's points, and how to cluster them.
struct ClusteringTask {
  TrainedModel model;  // no_model() will do where no estimator needs one
  std::vector<EstimatorSpec> specs;
  PointTable table;
  Range<int> components{0, 0};  // each of these numbers is tried
  std::uint64_t seed = 1;       // random starts are those of (seed, task 0)
  bool is_rescaled = false;  // the Transformer sees coordinates with the spread of training tasks

  bool needs_model() const;
  /// Without its parameters.
  Transformer<float> transformer() const;
};

/// Says why the estimators cannot work on the points, or why the Transformer lacks the memory.
Sentences clustering_problems(ClusteringTask const& task);

/// Names constant columns, and more components than different points. Where an estimator needs the
/// model: sizes that it was not trained for, coordinates with a mean or spread that fewer than 2 in
/// 100 training tasks have, and large memory.
Sentences clustering_warnings(ClusteringTask const& task);

/// Runs all estimators on the points, for each number of components. A rescaled Transformer sees
/// every coordinate with mean 0 and the mean spread of training tasks; its mixture is brought back.
/// The other methods, and a Transformer that standardises its input, see the points about their
/// mean, in units of a power of two. Their results do not depend on the unit or the origin of the
/// points, nor on the value of a constant column.
std::vector<ClusteringResult> cluster_points(ClusteringTask const& task);

}  // namespace tvem
