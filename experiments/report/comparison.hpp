#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/report/evaluation_summary.hpp"
#include "framework/tasks/settings.hpp"
#include "io/evaluation_file.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// The comparison table of a run for the terminal: a row for each estimator, all on the same tasks.
/// is_detailed: with a second table of quantiles, win rates, bootstrap and parameters.
std::string report_table(RunRecord const& record, bool is_detailed = false);
/// The same of an evaluation.
std::string report_table(EvaluationRecord const& record, bool is_detailed = false);
/// The same without details, of an evaluation that is not in the record.
std::string report_table(RunRecord const& record, EvaluationSummary const& summary);
std::string report_table(EvaluationRecord const& record, EvaluationSummary const& summary);

/// The same numbers in full precision as comma-separated values, with a header line.
std::string report_csv(RunRecord const& record);
std::string report_csv(EvaluationRecord const& record);

/// Adds the rows of estimators that met the same tasks. Throws Error when the tasks are others.
void join(Evaluation& table, Evaluation const& others);
/// Whether both have the same tasks: ids, and the points as the MAP rule sees them.
bool have_same_tasks(Evaluation const& a, Evaluation const& b);

/// The exact Bayes error and the minimax rate of a prior, labels as named; none where they have no
/// closed form.
struct ClosedForms {
  double bayes_error, minimax_rate;
};
std::optional<ClosedForms> closed_forms(TaskSettings const& task);

}  // namespace tvem
