#pragma once

#include <istream>

#include "framework/estimators/em.hpp"
#include "framework/estimators/lloyd.hpp"

namespace tvem {

/// The settings that estimators see.
struct EstimationSettings {
  TaskSettings task;
  InputSettings input;
  EmSettings em;
};

/// Values of a golden file, row after row.
inline RowMatrix read_matrix(std::istream& in, Eigen::Index rows, Eigen::Index cols) {
  RowMatrix matrix(rows, cols);
  for (double& value : matrix.reshaped<Eigen::RowMajor>()) in >> value;
  return matrix;
}

/// All restarts of the settings, with the best instruction set.
inline Fit em_with_restarts(RowMatrix const& points, int k, EmSettings const& settings,
                            std::uint64_t seed, std::uint64_t task_id) {
  return em(points, k, settings, {.seed = seed, .task_id = task_id, .count = settings.restarts});
}
inline Fit lloyd_with_restarts(RowMatrix const& points, int k, EmSettings const& settings,
                               std::uint64_t seed, std::uint64_t task_id) {
  return lloyd(points, k, settings, {.seed = seed, .task_id = task_id, .count = settings.restarts});
}
inline Fit lloyd_iterations(RowMatrix const& points, RowMatrix const& means, int max_iterations) {
  EmSettings settings;
  settings.max_iterations = max_iterations;
  return lloyd_from(points, means, settings);
}

}  // namespace tvem
