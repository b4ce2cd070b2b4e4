#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/records/training.hpp"
#include "io/durable/durable.hpp"
#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// Steps whose records are in files of their own.
struct StoredSteps {
  std::int64_t count = 0;
  std::string digest;  // of the records; empty without
};

/// The records of a long training's steps, in files of 65 536 beside the checkpoint:
/// FOLDER/steps-FIRST.h5 with FIRST the first step (io/SCHEMA.md). Each is written once. A
/// checkpoint has only the steps after the last such file, so that its size does not grow with the
/// training.
class StepHistory {
 public:
  explicit StepHistory(fs::path folder) : folder_(std::move(folder)) {}

  /// Writes those files that the steps fill and that are not written yet. Returns what all files
  /// hold. Throws Error naming the file, or what may_replace throws (durable.hpp).
  StoredSteps const& write(std::vector<StepRecord> const& steps, FileHeader const& header,
                           MayReplace const& may_replace);

 private:
  fs::path folder_;
  StoredSteps stored_;
};

/// The records in a folder's files of steps. Throws Error, naming the file, when one is missing,
/// damaged or of another training.
std::vector<StepRecord> read_step_history(fs::path const& folder, StoredSteps const& stored);

}  // namespace tvem
