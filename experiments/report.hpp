#pragma once

#include <string>

#include "tvem/io/run_file.hpp"

namespace tvem {

/// The comparison table of a run for the terminal: a row for each estimator, all on the same tasks.
std::string report_table(RunRecord const& record);

/// The same numbers in full precision as comma-separated values, with a header line.
std::string report_csv(RunRecord const& record);

}  // namespace tvem
