#pragma once

#include <optional>
#include <string>

#include "experiments/report/evaluation_summary.hpp"
#include "framework/tasks/settings.hpp"
#include "io/evaluation_file.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// The comparison table of a run for the terminal: a row for each estimator, all on the same tasks.
/// is_detailed: adds a table of quantiles, win rates, bootstrap and parameters.
std::string report_table(RunRecord const& record, bool is_detailed = false);
/// The same of an evaluation.
std::string report_table(EvaluationRecord const& record, bool is_detailed = false);

/// Its parts: a line on the training or the model, and the table of an evaluation. table: adds its
/// details.
std::string title_of(RunRecord const& record);
std::string title_of(EvaluationRecord const& record);
std::string evaluation_text(EvaluationSummary const& summary, FileHeader const& header,
                            Evaluation const* table = nullptr);

/// The same numbers in full precision as comma-separated values, with a header line.
std::string report_csv(RunRecord const& record);
std::string report_csv(EvaluationRecord const& record);

/// Adds the rows of estimators that met the same tasks. Throws Error when the tasks are others.
void join(Evaluation& table, Evaluation const& others);
/// Whether both have the same tasks: ids, and points as the MAP rule sees them.
bool have_same_tasks(Evaluation const& a, Evaluation const& b);

/// The exact Bayes error and the minimax rate of a prior, labels as named; none without closed
/// forms.
struct ClosedForms {
  double bayes_error, minimax_rate;
};
std::optional<ClosedForms> closed_forms(TaskSettings const& task);

}  // namespace tvem
