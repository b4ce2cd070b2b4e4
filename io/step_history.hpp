#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "framework/records/training.hpp"
#include "io/durable/durable.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// Steps whose records are in files of their own.
struct StoredSteps {
  std::int64_t count = 0;
  std::string digest;  // of the records; empty without
};

/// The records of a long training's steps, in files of 65 536 beside the checkpoint, each written
/// once: FOLDER/steps-FIRST.h5, FIRST the first step (io/SCHEMA.md). A checkpoint then has the
/// steps after the last such file alone, and its size does not grow with the training.
class StepHistory {
 public:
  explicit StepHistory(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Writes the files that the steps fill and that this has not written yet. Returns what is in all
  /// files. Throws Error naming the file, or what may_replace throws (durable.hpp).
  StoredSteps const& write(std::vector<StepRecord> const& steps, FileHeader const& header,
                           MayReplace const& may_replace);

 private:
  std::filesystem::path folder_;
  StoredSteps stored_;
};

/// The records of the steps that a folder's files have. Throws Error, naming the file, when one is
/// missing or damaged, or they are others.
std::vector<StepRecord> read_step_history(std::filesystem::path const& folder,
                                          StoredSteps const& stored);

}  // namespace tvem
