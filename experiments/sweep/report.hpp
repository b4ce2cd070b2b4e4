#pragma once

#include <string>

#include "io/sweep_file.hpp"

namespace tvem {

/// The errors of a sweep for the terminal: a row for each cell, a column for each estimator. Over
/// an axis of run.seed it shows means; for the model also the standard deviation, the spread of
/// trainings.
std::string sweep_report_table(SweepTable const& table);

/// "12 cells, 0 cells_left_out, ...".
std::string counts_text(SweepTable const& table);

/// The same table for a paper (latex.hpp). Throws ConfigurationError where there are no results.
std::string sweep_report_latex(SweepTable const& table);

/// All results as comma-separated values in full precision: a line for each cell and estimator.
std::string sweep_report_csv(SweepTable const& table);

}  // namespace tvem
