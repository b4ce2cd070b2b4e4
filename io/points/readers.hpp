#pragma once

#include <string>

#include "io/fs.hpp"
#include "io/points/points_file.hpp"

namespace tvem {

/// read_points for the text of a CSV file. subject: how problems begin.
PointTable read_csv_points(std::string const& text, std::string const& subject,
                           PointSelection const& selection);

/// read_points for an HDF5 file. Columns are called x1, x2, ... In netCDF-4, values equal to
/// _FillValue or missing_value are missing, as NaN is; scale_factor and add_offset apply to the
/// others. Matrices of MATLAB (attribute MATLAB_class) are transposed. Labels are texts, integers
/// or truth values: n, 1 x n or n x 1, or single characters n x w.
PointTable read_hdf5_points(fs::path const& path, PointSelection const& selection);

}  // namespace tvem
