#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "framework/core/random.hpp"
#include "framework/tasks/mixture.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// The label of a point that comes from no component. It stays in the data and out of the error.
inline constexpr int outlier_label = -1;

/// One clustering problem: a mixture drawn from the prior, and points drawn from the mixture.
struct Task {
  std::uint64_t id = 0;
  int family = 0;              // place among the families of the prior
  Mixture mixture;             // k components in d dimensions
  RowMatrix points;            // n x d
  std::vector<int> labels;     // n: the component each point was drawn from, or outlier_label
  std::vector<double> sigmas;  // one, or one for each component (spherical); none from a file
  std::vector<int> guess;      // n: of a task from a file that has one (input.init = given)

  int components() const { return mixture.components(); }
  int n_points() const { return as_count(points.rows()); }
  /// Tasks from a file may have no labels, and a mixture of NaN, of which k and d alone are known.
  bool has_labels() const { return !labels.empty(); }
  bool has_mixture() const { return !std::isnan(mixture.weights[0]); }
};

/// Gives the task of a place among some tasks, in the memory that `task` has.
using GiveTask = std::function<void(std::int64_t place, Task& task)>;

/// The distribution of tasks that the keys `task.*` describe. Where there are several families,
/// (seed, purpose, id) decides which one a task is of.
class TaskPrior {
 public:
  /// Throws ConfigurationError for a prior that has no tasks or contradicts itself
  /// (prior_problems): simplex means in too few dimensions or without a separation, or a minimum
  /// separation that random means practically never meet. The latter is found by drawing means for
  /// the tightest case the ranges allow.
  explicit TaskPrior(TaskSettings const& settings);

  /// Task `id` under (seed, purpose): the same bits on every rank, in every order, after every
  /// restart.
  Task sample(std::uint64_t seed, Purpose purpose, std::uint64_t id) const;
  /// The same, in the memory that `task` has. Tasks of one size allocate once; with outliers or
  /// with matrices for covariances they allocate each time.
  void sample(std::uint64_t seed, Purpose purpose, std::uint64_t id, Task& task) const;

  /// Training task `id`: a fresh one, or one of the `task.pool` tasks of a fixed set, drawn with
  /// replacement. Its labels have the noise of task.label_noise.
  void sample_training(std::uint64_t seed, std::uint64_t id, Task& task) const;

  TaskSettings const& settings() const { return settings_; }

 private:
  void sample_of_family(std::uint64_t seed, Purpose purpose, std::uint64_t id, Task& task) const;

  TaskSettings settings_;
  std::vector<TaskPrior> families_;  // one for each of several families
};

/// Further points of the task's mixture, as many as the task has (n x d), none of them an outlier;
/// no points where the mixture is not known. Keyed by (seed, task id).
RowMatrix sample_held_out(std::uint64_t seed, Task const& task);

/// Why `settings` has no tasks, one sentence a problem; empty when it has. Draws nothing.
std::vector<std::string> prior_problems(TaskSettings const& settings);

}  // namespace tvem
