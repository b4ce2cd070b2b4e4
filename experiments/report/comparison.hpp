#pragma once

#include <optional>
#include <string>

#include "experiments/report/evaluation_summary.hpp"
#include "framework/tasks/settings.hpp"
#include "io/evaluation_file.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// What a report has beside the comparison.
struct ReportParts {
  bool has_detail = false;   // quantiles, win rates, bootstrap and parameters
  bool has_control = false;  // errors with the Bayes error as control variate
};

/// The comparison table of a run for the terminal: a row for each estimator, all on the same tasks.
std::string report_table(RunRecord const& record, ReportParts parts);
/// The same of an evaluation.
std::string report_table(EvaluationRecord const& record, ReportParts parts);

/// Its parts: a line on the training or the model, and the table of an evaluation. table: for
/// further parts.
std::string title_of(RunRecord const& record);
std::string title_of(EvaluationRecord const& record);
std::string evaluation_text(EvaluationSummary const& summary, FileHeader const& header,
                            Evaluation const* table = nullptr, ReportParts parts = {});

/// The same numbers in full precision as comma-separated values, with a header line.
std::string report_csv(RunRecord const& record);
std::string report_csv(EvaluationRecord const& record);

/// The table alone, for a paper (latex.hpp). Throws ConfigurationError for a run that is not
/// evaluated yet.
std::string report_latex(RunRecord const& record);
std::string report_latex(EvaluationRecord const& record);

}  // namespace tvem
