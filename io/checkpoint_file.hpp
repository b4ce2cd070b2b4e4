#pragma once

#include <functional>
#include <optional>
#include <string>

#include "framework/nn/parameters.hpp"
#include "framework/records/training.hpp"
#include "io/durable/durable.hpp"
#include "io/fs.hpp"
#include "io/run_file.hpp"
#include "io/step_history.hpp"

namespace tvem {

/// The content of checkpoint.h5 (io/SCHEMA.md): all that a training needs to go on. Nothing in it
/// depends on the number of ranks.
struct Checkpoint {
  FileHeader header;
  std::string training_identity;
  ParameterLayout layout;
  TrainingState state;
};

class CheckpointWriter {
 public:
  explicit CheckpointWriter(fs::path folder) : folder_(std::move(folder)), history_(folder_) {}

  /// Writes FOLDER/checkpoint.h5 durably; the old one becomes FOLDER/checkpoint.previous.h5. The
  /// records of many steps go into files of their own (step_history.hpp). Throws Error naming the
  /// file, or what may_replace throws (durable.hpp).
  void write(Checkpoint const& checkpoint, MayReplace const& may_replace = {});

 private:
  fs::path folder_;
  StepHistory history_;
};

/// Writes a single checkpoint.
void write_checkpoint(fs::path const& folder, Checkpoint const& checkpoint,
                      MayReplace const& may_replace = {});

/// A checkpoint and what the user should know of it.
struct FoundCheckpoint {
  Checkpoint checkpoint;
  std::string notice;  // why the previous one was used; usually empty
};

/// Throws Error when the checkpoint in this file is not what it says that it is.
using CheckCheckpoint = std::function<void(Checkpoint const& checkpoint, fs::path const& file)>;

/// Which records to read: a training needs those of all steps, a model needs none.
enum class Steps { all, none };

/// The last good checkpoint of the folder: checkpoint.h5, or the previous one when the first is
/// damaged or missing, or `check` refuses it. None when the folder has neither. Throws Error when
/// all of them are damaged.
std::optional<FoundCheckpoint> read_checkpoint(fs::path const& folder,
                                               CheckCheckpoint const& check = {},
                                               Steps steps = Steps::all);

}  // namespace tvem
