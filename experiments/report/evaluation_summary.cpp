#include "experiments/report/evaluation_summary.hpp"

#include <algorithm>
#include <cmath>

namespace tvem {

std::size_t reference_of(std::vector<std::string> const& estimators) {
  auto const found = std::find(estimators.begin(), estimators.end(), "transformer");
  return found == estimators.end() ? 0 : static_cast<std::size_t>(found - estimators.begin());
}

Moments const& EstimatorSummary::operator[](std::vector<double> Evaluation::*metric) const {
  std::size_t i = 0;
  while (evaluation_metrics[i].values != metric) ++i;
  return metrics[i];
}

void EvaluationSummary::add(Evaluation const& table) {
  estimators_ = table.estimators;
  status_names_ = table.status_names;
  of_.resize(estimators_.size());
  std::size_t const n = table.n_tasks(), reference = reference_of(estimators_) * n;
  n_tasks_ += n;
  for (double const error : table.bayes_error_raw) bayes_error_raw_.add(error);
  for (std::size_t e = 0; e < estimators_.size(); ++e) {
    EstimatorSummary& summary = of_[e];
    summary.metrics.resize(std::size(evaluation_metrics));
    summary.status_counts.resize(status_names_.size());
    for (std::size_t t = 0; t < n; ++t) {
      std::size_t const at = e * n + t;
      for (std::size_t m = 0; m < std::size(evaluation_metrics); ++m)
        summary.metrics[m].add((table.*evaluation_metrics[m].values)[at]);
      double const difference = table.error[at] - table.error[reference + t];
      summary.difference.add(difference);
      summary.wins.add(std::isnan(difference) ? difference
                       : difference < 0       ? 1.0
                       : difference == 0      ? 0.5
                                              : 0.0);
      ++summary.status_counts[static_cast<std::size_t>(table.status[at])];
      summary.iterations += table.iterations[at];
      summary.collapsed_restarts += table.collapsed_restarts[at];
      summary.dead_components += table.dead_components[at];
    }
  }
}

}  // namespace tvem
