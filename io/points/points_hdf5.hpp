#pragma once

#include "io/points/points_file.hpp"

namespace tvem {

/// read_points for an HDF5 file. Columns are called x1, x2, ... Of netCDF-4: values equal to
/// _FillValue or missing_value are missing, as NaN is, and scale_factor and add_offset are applied
/// to the others. Of MATLAB (attribute MATLAB_class): matrices are transposed. Labels are texts,
/// integers or truth values, n of them, 1 x n or n x 1; or n x w single characters.
PointTable read_hdf5_points(std::filesystem::path const& path, PointSelection const& selection);

}  // namespace tvem
