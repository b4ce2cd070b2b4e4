#pragma once

#include <functional>

#include "framework/records/evaluation.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/stored.hpp"

namespace tvem {

// The group /evaluation of run.h5 and of an evaluation's file.

/// An evaluation whose tables need not fit into memory together.
struct EvaluationSource {
  std::size_t n_tasks;  // at least one
  /// Gives the tables one after another in the order of tasks. The last one has the trace.
  std::function<void(std::function<void(Evaluation const& table)> const& take)> give_tables;
};

/// A single table, which must outlive the source.
EvaluationSource source_of(Evaluation const& table);

void write_evaluation(Hdf5Group const& root, EvaluationSource const& evaluation);

/// Throws Error when the arrays do not fit each other.
Evaluation read_evaluation(StoredGroup const& root);

}  // namespace tvem
