#pragma once

#include <string>
#include <vector>

#include "experiments/run/trained_model.hpp"
#include "framework/estimators/estimator.hpp"
#include "io/clustering_file.hpp"

namespace tvem {

/// What keeps the estimators from working on the points at all, the Transformer's memory among it;
/// one sentence a problem. model: no_model() will do, here and below, where none of them needs one.
std::vector<std::string> clustering_problems(TrainedModel const& model,
                                             std::vector<EstimatorSpec> const& specs,
                                             PointTable const& table, int components);

/// Columns that are constant; more components than different points; and where the points lie
/// outside of what the model, when an estimator needs it, was trained for: dimension, number of
/// points, position and spread of the coordinates beyond those of 98 in 100 training tasks; and
/// what memory it takes, when that is much. is_rescaled: as cluster_points has it.
std::vector<std::string> clustering_warnings(TrainedModel const& model,
                                             std::vector<EstimatorSpec> const& specs,
                                             PointTable const& table, int components,
                                             bool is_rescaled);

/// All estimators on the points. Random starts are those of (seed, task 0). is_rescaled: the
/// Transformer sees every coordinate with mean 0 and the spread that training tasks have on
/// average; its mixture is brought back. The others, and a Transformer that standardises its input,
/// see them about their mean, in units of a power of two: what they make of them does not depend on
/// the unit or the origin of the points, nor on the value of a constant column.
std::vector<ClusteringResult> cluster_points(TrainedModel const& model,
                                             std::vector<EstimatorSpec> const& specs,
                                             PointTable const& table, int components,
                                             std::uint64_t seed, bool is_rescaled);

}  // namespace tvem
