#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "framework/nn/parameters.hpp"
#include "framework/records/training.hpp"
#include "io/durable/durable.hpp"
#include "io/run_file.hpp"
#include "io/step_history.hpp"

namespace tvem {

/// The content of checkpoint.h5 (io/SCHEMA.md): all that a training needs to go on, and nothing
/// that depends on the number of ranks.
struct Checkpoint {
  FileHeader header;
  std::string training_identity;
  ParameterLayout layout;
  TrainingState state;
};

/// Writes the checkpoints of one training.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(std::filesystem::path folder)
      : folder_(std::move(folder)), history_(folder_) {}

  /// Writes FOLDER/checkpoint.h5 durably; the one before becomes FOLDER/checkpoint.previous.h5. The
  /// records of many steps come into files of their own (step_history.hpp). Throws Error naming the
  /// file, or what may_replace throws (durable.hpp).
  void write(Checkpoint const& checkpoint, MayReplace const& may_replace = {});

 private:
  std::filesystem::path folder_;
  StepHistory history_;
};

/// A single one, by a writer of its own.
void write_checkpoint(std::filesystem::path const& folder, Checkpoint const& checkpoint,
                      MayReplace const& may_replace = {});

/// A checkpoint and what the user should know of it.
struct FoundCheckpoint {
  Checkpoint checkpoint;
  std::string notice;  // why the previous one was used; usually empty
};

/// Throws Error when a checkpoint, of this file, is not what it takes itself for.
using CheckCheckpoint =
    std::function<void(Checkpoint const& checkpoint, std::filesystem::path const& file)>;

/// Whether the records of the steps are wanted: a training needs them, a model does not.
enum class Steps { all, none };

/// The last good checkpoint of the folder: checkpoint.h5, or the previous one when that is damaged
/// or missing, or `check` refuses it. None when the folder has neither. Throws Error when there are
/// only damaged ones.
std::optional<FoundCheckpoint> read_checkpoint(std::filesystem::path const& folder,
                                               CheckCheckpoint const& check = {},
                                               Steps steps = Steps::all);

}  // namespace tvem
