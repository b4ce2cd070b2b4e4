#pragma once

#include <string>

#include "tvem/io/run_file.hpp"

namespace tvem {

/// The comparison table of a run for the terminal: a row for each estimator, all on the same tasks.
/// is_detailed: with a second table of quantiles, win rates, bootstrap and parameters.
std::string report_table(RunRecord const& record, bool is_detailed = false);

/// The same numbers in full precision as comma-separated values, with a header line.
std::string report_csv(RunRecord const& record);

}  // namespace tvem
