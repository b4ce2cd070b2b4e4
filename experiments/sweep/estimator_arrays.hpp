#pragma once

#include <vector>

#include "experiments/sweep/grid_arrays.hpp"
#include "framework/records/evaluation.hpp"

namespace tvem {

/// The names of a column's mean over tasks, and of its standard error.
ArrayLabel mean_label(std::string const& name, std::string const& long_name,
                      std::string const& units = "1");
ArrayLabel standard_error_label(std::string const& name, std::string const& units = "1");

/// Writes the results of one estimator of an evaluation into the arrays of a cell.
class EstimatorArrays {
 public:
  /// cell: its place. at: place of the estimator in the sweep. estimator: its place in the
  /// evaluation.
  EstimatorArrays(GridArrays& arrays, std::size_t cell, std::size_t at,
                  Evaluation const& evaluation, std::size_t estimator)
      : arrays_(arrays), cell_(cell), at_(at), evaluation_(evaluation), estimator_(estimator) {}

  void write_metric(EvaluationMetric const& metric, bool is_wanted_per_task);
  /// reference: errors on the same tasks.
  void write_difference(std::vector<double> const& reference);
  void write_totals();
  void write_trace();

 private:
  void set(ArrayLabel const& label, double value);
  void set(ArrayLabel const& label, std::string const& dimension, std::size_t position,
           double value);
  void write_total(EvaluationColumn const& column, std::vector<int> const& row);

  GridArrays& arrays_;
  std::size_t cell_, at_;
  Evaluation const& evaluation_;
  std::size_t estimator_;
};

}  // namespace tvem
