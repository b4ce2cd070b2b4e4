#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/metrics/statistics.hpp"
#include "framework/records/evaluation.hpp"

namespace tvem {

/// The place of the method that others are compared with: the Transformer, or else the first one.
std::size_t reference_of(std::vector<std::string> const& estimators);

/// The place of the first `posterior`, whose error is the least that a method without the means can
/// have; none when it is not among them.
std::optional<std::size_t> posterior_of(std::vector<std::string> const& estimators);

struct EstimatorSummary {
  std::vector<Moments> metrics;      // in the order of evaluation_metrics
  Moments difference;                // its error - the reference's
  Moments above_posterior;           // its error - that of `posterior`; none without it
  Moments wins;                      // 1 where its error is below the reference's, 1/2 where equal
  std::vector<int> status_counts;    // by status
  std::vector<std::int64_t> totals;  // over all tasks, in the order of total_columns()
  std::vector<Moments> error_of_families, disagreement_of_families;  // by family

  Moments const& operator[](std::vector<double> Evaluation::*metric) const;
};

/// The columns of integers whose sum or mean a report shows.
std::vector<EvaluationColumn const*> const& total_columns();

/// The sums over tasks that a report needs. The tables come one after another: they need not fit
/// into memory together.
class EvaluationSummary {
 public:
  EvaluationSummary() = default;
  explicit EvaluationSummary(Evaluation const& table) { add(table); }

  /// Adds tasks of the same estimators.
  void add(Evaluation const& table);

  std::size_t n_tasks() const { return n_tasks_; }
  std::vector<std::string> const& estimators() const { return estimators_; }
  std::vector<std::string> const& status_names() const { return status_names_; }
  std::vector<std::string> const& family_names() const { return family_names_; }
  Moments const& bayes_error_raw() const { return bayes_error_raw_; }
  EstimatorSummary const& operator[](std::size_t estimator) const { return of_[estimator]; }

 private:
  void add(Evaluation const& table, std::size_t estimator);
  void add_differences(Evaluation const& table, std::size_t estimator);

  std::size_t n_tasks_ = 0;
  std::vector<std::string> estimators_, status_names_, family_names_;
  Moments bayes_error_raw_;
  std::vector<EstimatorSummary> of_;
};

}  // namespace tvem
