#pragma once

#include <string>

#include "io/probe_file.hpp"

namespace tvem {

/// Tables of what tvem probe has found: the error of every layer, the iteration of each algorithm
/// that it is nearest to, and the stable ranks of the matrices.
std::string probe_text(ProbeRecord const& record);

}  // namespace tvem
