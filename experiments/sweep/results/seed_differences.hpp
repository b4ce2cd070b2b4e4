#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "framework/metrics/two_way.hpp"
#include "io/sweep_file.hpp"

namespace tvem {

/// The axis of seeds of trainings that differ in nothing else; empty without one.
std::string seed_axis(SweepTable const& table);

/// Paired differences of errors over tasks and over the trainings along the axis of seeds.
class SeedDifferences {
 public:
  /// table: has its axes, and must outlive this.
  explicit SeedDifferences(SweepTable& table);

  /// Differences of an estimator from the reference, of one cell: one for each task.
  void add(std::size_t cell, std::size_t estimator, std::vector<double> const& differences);
  /// Writes their means and intervals as arrays over the other axes and the estimators.
  void write() const;

 private:
  /// The place of a cell on the other axes.
  std::size_t row_of(std::size_t cell) const;

  SweepTable& table_;
  std::vector<std::string> dimensions_;    // the other axes, and "estimator"
  std::size_t n_seeds_ = 0, n_inner_ = 1;  // along the axis of seeds, and on the axes after it
  std::map<std::pair<std::size_t, std::size_t>, TwoWayDifferences> of_;  // (row, estimator)
};

}  // namespace tvem
