#pragma once

#include <span>
#include <string>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/hdf5/stored.hpp"
#include "io/run_file.hpp"

namespace tvem {

// The groups that run.h5 and checkpoint.h5 share. One pair of functions writes and reads each.

/// Raised whenever a path, type or meaning in the files changes.
constexpr std::int64_t schema_version = 5;

/// Root attributes, /config and /provenance.
void write_header(Hdf5Group const& root, std::string const& file_type, FileHeader const& header);
/// Throws Error for a file of another type or a later schema version.
FileHeader read_header(StoredGroup const& root, std::string const& file_type,
                       std::string const& path);

/// An attribute that counts something. Throws Error when it is negative.
std::int64_t read_count(StoredGroup const& group, std::string const& attribute);

/// Training: RunRecord or TrainingState. The attributes chunk and training_seconds.
template <class Training>
void write_conditions(Hdf5Group const& group, Training const& training) {
  group.set_attribute("chunk", std::int64_t{training.chunk});
  group.set_attribute("training_seconds", training.training_seconds);
}
/// Throws Error for what no training has.
int read_chunk(StoredGroup const& group);
double read_training_seconds(StoredGroup const& group);
template <class Training>
void read_conditions(StoredGroup const& group, Training& training) {
  training.chunk = read_chunk(group);
  training.training_seconds = read_training_seconds(group);
}

void write_training(Hdf5Group const& root, std::span<StepRecord const> steps);
/// Records of consecutive steps, from `first` on. Throws Error for others.
std::vector<StepRecord> read_training(StoredGroup const& root, std::int64_t first);
/// Throws Error unless there is a record of each of n_steps.
void check_count(StoredGroup const& root, std::int64_t n_records, std::int64_t n_steps);

void write_learning_curve(Hdf5Group const& root, std::vector<CurveRecord> const& curve);
std::vector<CurveRecord> read_learning_curve(StoredGroup const& root, std::int64_t n_steps);

}  // namespace tvem
