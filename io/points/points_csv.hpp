#pragma once

#include <string>

#include "io/points/points_file.hpp"

namespace tvem {

/// read_points for the text of a CSV file. subject: how problems begin.
PointTable read_csv_points(std::string const& text, std::string const& subject,
                           PointSelection const& selection);

}  // namespace tvem
