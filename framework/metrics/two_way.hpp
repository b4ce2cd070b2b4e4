#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tvem {

/// A mean over trainings and tasks with its 95 % interval.
struct TwoWayMean {
  double mean;
  double standard_error;
  double low, high;
  std::int64_t n_trainings;
};

/// The mean of differences d_st over trainings s (seeds) and tasks t, where all trainings meet the
/// same tasks: d_st = m + a_s + b_t + e_st with independent effects of trainings and of tasks.
///
/// The variance of the mean has a part of the trainings, (mean square of the a_s + e_st) / (S T),
/// and one of the tasks alone, (mean square of tasks - that of the rest) / (S T). The interval is
/// that of a sum of two estimates with different degrees of freedom: mean -+ t x standard error,
/// where t is the mean of Student's quantiles for S - 1 and T - 1 degrees, weighted by the two
/// parts (Cochran 1964). With one training, the interval is over the tasks alone.
class TwoWayDifferences {
 public:
  /// The differences of one training, one for each task, the tasks in the same order as ever.
  void add(std::span<double const> differences);
  /// NaN below two tasks, or where a difference was.
  TwoWayMean mean() const;

 private:
  std::vector<double> task_sums_;       // over the trainings
  std::vector<double> training_means_;  // over the tasks
  double square_sum_ = 0;
};

}  // namespace tvem
