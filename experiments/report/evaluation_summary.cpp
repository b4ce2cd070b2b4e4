#include "experiments/report/evaluation_summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tvem {
namespace {

/// 1 for an error below the reference's, 1/2 for the same, NaN for no error.
double win(double difference) {
  if (std::isnan(difference)) return difference;
  return difference < 0 ? 1.0 : difference == 0 ? 0.5 : 0.0;
}

void add_all(std::vector<double> const& values, Moments& moments) {
  for (double const value : values) moments.add(value);
}

}  // namespace

std::size_t reference_of(std::vector<std::string> const& estimators) {
  auto const found = std::find(estimators.begin(), estimators.end(), "transformer");
  return found == estimators.end() ? 0 : found - estimators.begin();
}

std::optional<std::size_t> posterior_of(std::vector<std::string> const& estimators) {
  auto const found = std::ranges::find_if(estimators, [](std::string const& specification) {
    return specification == "posterior" || specification.starts_with("posterior:");
  });
  if (found == estimators.end()) return std::nullopt;
  return found - estimators.begin();
}

Moments const& EstimatorSummary::operator[](std::vector<double> Evaluation::*metric) const {
  std::size_t i = 0;
  while (evaluation_metrics[i].values != metric) ++i;
  return metrics[i];
}

std::vector<EvaluationColumn const*> const& total_columns() {
  static std::vector<EvaluationColumn const*> const columns = [] {
    std::vector<EvaluationColumn const*> found;
    for (EvaluationColumn const& column : evaluation_columns)
      if (column.total == Total::mean || column.total == Total::sum) found.push_back(&column);
    return found;
  }();
  return columns;
}

void EvaluationSummary::add(Evaluation const& table) {
  estimators_ = table.estimators;
  status_names_ = table.status_names;
  family_names_ = table.family_names;
  of_.resize(estimators_.size());
  n_tasks_ += table.n_tasks();
  add_all(table.bayes_error_raw, bayes_error_raw_);
  for (std::size_t e = 0; e < estimators_.size(); ++e) add(table, e);
}

void EvaluationSummary::add(Evaluation const& table, std::size_t estimator) {
  EstimatorSummary& summary = of_[estimator];
  summary.metrics.resize(evaluation_metrics.size());
  for (std::size_t m = 0; m < summary.metrics.size(); ++m)
    add_all(table.row(table.*evaluation_metrics[m].values, estimator), summary.metrics[m]);
  add_differences(table, estimator);
  summary.status_counts.resize(status_names_.size());
  for (int const status : table.row(table.status, estimator)) ++summary.status_counts[status];
  summary.totals.resize(total_columns().size());
  for (std::size_t i = 0; i < summary.totals.size(); ++i) {
    auto const row = table.row(table.*std::get<1>(total_columns()[i]->values), estimator);
    summary.totals[i] = std::accumulate(row.begin(), row.end(), summary.totals[i]);
  }
}

void EvaluationSummary::add_differences(Evaluation const& table, std::size_t estimator) {
  EstimatorSummary& summary = of_[estimator];
  auto const error = table.row(table.error, estimator);
  auto const reference = table.row(table.error, reference_of(estimators_));
  auto const disagreement = table.row(table.disagreement, estimator);
  summary.error_of_families.resize(family_names_.size());
  summary.disagreement_of_families.resize(family_names_.size());
  for (std::size_t t = 0; t < error.size(); ++t) {
    summary.difference.add(error[t] - reference[t]);
    summary.wins.add(win(error[t] - reference[t]));
    summary.error_of_families[table.family[t]].add(error[t]);
    summary.disagreement_of_families[table.family[t]].add(disagreement[t]);
  }
  auto const posterior = posterior_of(estimators_);
  if (!posterior) return;
  auto const optimum = table.row(table.error, *posterior);
  for (std::size_t t = 0; t < error.size(); ++t) summary.above_posterior.add(error[t] - optimum[t]);
}

}  // namespace tvem
