#include "framework/metrics/two_way.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/distributions/students_t.hpp>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"

namespace tvem {
namespace {

double sum_of(std::vector<double> const& values) {
  double sum = 0;
  for (double const value : values) sum += value;
  return sum;
}

/// Sum of the squared deviations from their mean.
double squares_about_mean(std::vector<double> const& values) {
  double const mean = sum_of(values) / as_real(std::ssize(values));
  double sum = 0;
  for (double const value : values) sum += (value - mean) * (value - mean);
  return sum;
}

/// The 97.5 % quantile of Student's t. It is computed in double, not in the processor's widest
/// type.
double student_quantile(double degrees) {
  using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  boost::math::students_t_distribution<double, Policy> const student(degrees);
  return boost::math::quantile(student, 0.975);
}

}  // namespace

void TwoWayDifferences::add(std::span<double const> differences) {
  if (training_means_.empty()) task_sums_.resize(differences.size());
  TVEM_CHECK(differences.size() == task_sums_.size(), "trainings have met different tasks");
  double sum = 0;
  for (std::size_t t = 0; t < differences.size(); ++t) {
    sum += differences[t];
    task_sums_[t] += differences[t];
    square_sum_ += differences[t] * differences[t];
  }
  training_means_.push_back(sum / as_real(std::ssize(differences)));
}

TwoWayMean TwoWayDifferences::mean() const {
  double const s = as_real(std::ssize(training_means_)), t = as_real(std::ssize(task_sums_));
  double const nan = std::numeric_limits<double>::quiet_NaN();
  TwoWayMean result{nan, nan, nan, nan, std::ssize(training_means_)};
  if (s < 1 || t < 1) return result;
  result.mean = sum_of(training_means_) / s;
  if (t < 2 || !std::isfinite(result.mean)) return result;
  double const of_tasks = squares_about_mean(task_sums_) / s;
  double trainings = 0, tasks = of_tasks / (t - 1) / (s * t), quantile = student_quantile(t - 1);
  if (s > 1) {
    double const of_trainings = t * squares_about_mean(training_means_);
    double const rest = square_sum_ - s * t * result.mean * result.mean - of_tasks - of_trainings;
    trainings = of_trainings / (s - 1) / (s * t);
    tasks = std::fmax(tasks - std::fmax(rest, 0) / ((s - 1) * (t - 1)) / (s * t), 0);
    if (trainings + tasks > 0)
      quantile = (trainings * student_quantile(s - 1) + tasks * quantile) / (trainings + tasks);
  }
  result.standard_error = std::sqrt(trainings + tasks);
  result.low = result.mean - quantile * result.standard_error;
  result.high = result.mean + quantile * result.standard_error;
  return result;
}

}  // namespace tvem
