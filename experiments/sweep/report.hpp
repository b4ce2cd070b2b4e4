#pragma once

#include <string>

#include "io/sweep_file.hpp"

namespace tvem {

/// The errors of a sweep for the terminal: a row for each cell, a column for each estimator. Over
/// an axis of run.seed it has means, and of the model the standard deviation, the spread of
/// trainings.
std::string sweep_report_table(SweepTable const& table);

/// Everything that the sweep has of a cell and an estimator, a line each, in full precision as
/// comma-separated values.
std::string sweep_report_csv(SweepTable const& table);

}  // namespace tvem
