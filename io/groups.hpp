#pragma once

#include <string>
#include <vector>

#include "tvem/io/hdf5.hpp"
#include "tvem/io/run_file.hpp"

namespace tvem {

// The groups that run.h5 and checkpoint.h5 share. Each is written and read by one pair of
// functions.

/// Raised whenever a path, type or meaning in the files changes.
constexpr std::int64_t schema_version = 1;

/// Root attributes, /config and /provenance.
void write_header(Hdf5Group const& root, std::string const& file_type, FileHeader const& header);
/// Throws Error for a file of another type or schema version.
FileHeader read_header(Hdf5Group const& root, std::string const& file_type,
                       std::string const& path);

void write_training(Hdf5Group const& root, std::vector<StepRecord> const& steps);
std::vector<StepRecord> read_training(Hdf5Group const& root);

void write_learning_curve(Hdf5Group const& root, std::vector<CurveRecord> const& curve);
std::vector<CurveRecord> read_learning_curve(Hdf5Group const& root);

void write_evaluation(Hdf5Group const& root, Evaluation const& table);
Evaluation read_evaluation(Hdf5Group const& root);

}  // namespace tvem
