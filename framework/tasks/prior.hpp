#pragma once

#include <cstdint>
#include <vector>

#include "tvem/core/random.hpp"
#include "tvem/core/settings.hpp"
#include "tvem/tasks/mixture.hpp"

namespace tvem {

/// One clustering problem: a mixture drawn from the prior, and points drawn from the mixture.
struct Task {
  std::uint64_t id = 0;
  Mixture mixture;          // k components in d dimensions
  RowMatrix points;         // n x d
  std::vector<int> labels;  // n, in 0..k-1: the component each point was drawn from

  int components() const { return mixture.components(); }
  int n_points() const { return static_cast<int>(points.rows()); }
};

/// The distribution of tasks that the keys `task.*` describe.
class TaskPrior {
 public:
  /// Throws ConfigurationError for a prior that has no tasks: simplex means in too few dimensions
  /// or without a separation, or a minimum separation that random means practically never meet. The
  /// latter is found by drawing means for the tightest case the ranges allow.
  explicit TaskPrior(TaskSettings const& settings);

  /// Task `id` under (seed, purpose): the same bits on every rank, in every order, after every
  /// restart.
  Task sample(std::uint64_t seed, Purpose purpose, std::uint64_t id) const;
  /// The same into memory that `task` may have; tasks of one size allocate once (simplex means do
  /// so each time).
  void sample(std::uint64_t seed, Purpose purpose, std::uint64_t id, Task& task) const;

  TaskSettings const& settings() const { return settings_; }

 private:
  TaskSettings settings_;
};

/// Why `settings` has no tasks, one sentence a problem; empty when it has. Draws nothing.
std::vector<std::string> prior_problems(TaskSettings const& settings);

}  // namespace tvem
