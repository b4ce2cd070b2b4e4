#include "experiments/sweep/results/grid_arrays.hpp"

#include <limits>
#include <numeric>

#include "experiments/report/formatting.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {

GridArrays::GridArrays(SweepTable& table) : table_(table) {
  for (std::string const& axis : table.axes) n_cells_ *= table.size(axis);
}

NamedArray GridArrays::empty_array(ArrayLabel const& label,
                                   std::vector<std::string> const& further) const {
  NamedArray array{label.name, table_.axes, {}, label.long_name, label.units};
  std::size_t size = n_cells_;
  for (std::string const& dimension : further) {
    array.dimensions.push_back(dimension);
    size *= table_.size(dimension);
  }
  array.values.assign(size, std::numeric_limits<double>::quiet_NaN());
  return array;
}

void GridArrays::set(ArrayLabel const& label, std::size_t cell,
                     std::vector<std::string> const& further, std::size_t position, double value) {
  auto const [entry, is_new] = places_.emplace(label.name, table_.arrays.size());
  if (is_new) table_.arrays.push_back(empty_array(label, further));
  auto& values = table_.arrays[entry->second].values;
  values[cell * (values.size() / n_cells_) + position] = value;
}

void GridArrays::set_text(ArrayLabel const& label, std::size_t cell, std::string const& value) {
  auto const [entry, is_new] = text_places_.emplace(label.name, table_.texts.size());
  if (is_new)
    table_.texts.push_back(
        {label.name, table_.axes, std::vector<std::string>(n_cells_), label.long_name});
  table_.texts[entry->second].values[cell] = value;
}

// ---- an estimator

ArrayLabel mean_label(std::string const& name, std::string const& long_name,
                      std::string const& units) {
  return {name + "_mean", long_name + ", mean over tasks", units};
}
ArrayLabel standard_error_label(std::string const& name, std::string const& units) {
  return {name + "_standard_error", "standard error of " + name + "_mean over tasks", units};
}

void EstimatorArrays::write_metric(EvaluationMetric const& metric, bool is_wanted_per_task) {
  auto const values = evaluation_.row(evaluation_.*metric.values, estimator_);
  Moments const moments = moments_of(values);
  std::string const name = metric.name;
  set(mean_label(name, metric.long_name, metric.units), moments.mean());
  set(standard_error_label(name, metric.units), moments.standard_error());
  set({name + "_count", "tasks in " + name + "_mean"}, as_real(moments.count));
  if (!is_wanted_per_task) return;
  for (std::size_t t = 0; t < values.size(); ++t)
    set({name, metric.long_name, metric.units}, "task", t, values[t]);
}

std::vector<double> EstimatorArrays::write_difference(std::vector<double> const& reference) {
  auto differences = evaluation_.row(evaluation_.error, estimator_);
  for (std::size_t t = 0; t < differences.size(); ++t) differences[t] -= reference[t];
  auto const difference = difference_of(moments_of(differences));
  set({"error_difference_mean",
       "error - that of the Transformer (or of the first estimator) on the same tasks, mean"},
      difference.mean);
  set({"error_difference_standard_error", "standard error of error_difference_mean over tasks"},
      difference.standard_error);
  return differences;
}

void EstimatorArrays::write_totals() {
  for (EvaluationColumn const& column : evaluation_columns)
    if (column.total != Total::none)
      write_total(column, evaluation_.row(evaluation_.*std::get<1>(column.values), estimator_));
}

void EstimatorArrays::write_total(EvaluationColumn const& column, std::vector<int> const& row) {
  std::string const name = column.name;
  if (column.total == Total::words) {
    std::vector<double> counts(arrays_.size(name));
    for (int const word : row) ++counts[word];
    for (std::size_t w = 0; w < counts.size(); ++w)
      set({name + "_count", column.total_name}, name, w, counts[w]);
    return;
  }
  std::int64_t const sum = std::accumulate(row.begin(), row.end(), std::int64_t{0});
  bool const is_mean = column.total == Total::mean;
  set({is_mean ? name + "_mean" : name, column.total_name},
      ratio(sum, is_mean ? std::ssize(row) : 1));
}

void EstimatorArrays::write_trace() {
  std::size_t const n = evaluation_.n_iterations();
  for (std::size_t i = 0; i < n; ++i)
    for (TraceColumn const& column : trace_columns)
      set({column.name, column.long_name}, "iteration", i,
          (evaluation_.*column.values)[estimator_ * n + i]);
}

void EstimatorArrays::set(ArrayLabel const& label, double value) {
  arrays_.set(label, cell_, {"estimator"}, at_, value);
}

void EstimatorArrays::set(ArrayLabel const& label, std::string const& dimension,
                          std::size_t position, double value) {
  arrays_.set(label, cell_, {"estimator", dimension}, at_ * arrays_.size(dimension) + position,
              value);
}

}  // namespace tvem
