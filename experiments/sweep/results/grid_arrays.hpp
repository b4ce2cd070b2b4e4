#pragma once

#include <map>
#include <string>
#include <vector>

#include "framework/records/evaluation.hpp"
#include "io/sweep_file.hpp"

namespace tvem {

/// The names of an array of a collected sweep.
struct ArrayLabel {
  std::string name, long_name;
  std::string units = "1";
};

/// Builds the arrays of a table over its axes and further dimensions; cells without a value are
/// NaN.
class GridArrays {
 public:
  /// table: has its axes, and must outlive this.
  explicit GridArrays(SweepTable& table);

  std::size_t n_cells() const { return n_cells_; }
  std::size_t size(std::string const& dimension) const { return table_.size(dimension); }
  /// Sets a value of a cell: an array over the axes.
  void set(ArrayLabel const& label, std::size_t cell, double value) {
    set(label, cell, {}, 0, value);
  }
  /// The same at a position of further dimensions.
  void set(ArrayLabel const& label, std::size_t cell, std::vector<std::string> const& further,
           std::size_t position, double value);
  void set_text(ArrayLabel const& label, std::size_t cell, std::string const& value);

 private:
  NamedArray empty_array(ArrayLabel const& label, std::vector<std::string> const& further) const;

  SweepTable& table_;
  std::size_t n_cells_ = 1;
  std::map<std::string, std::size_t> places_, text_places_;
};

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
  /// reference: errors on the same tasks. Returns the differences from them, of each task.
  std::vector<double> write_difference(std::vector<double> const& reference);
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
