#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/records/training.hpp"
#include "framework/train/settings.hpp"
#include "io/checkpoint_file.hpp"
#include "io/durable/durable.hpp"
#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// Throws ConfigurationError, naming the keys that differ, when the folder holds another training.
void check_same_training(fs::path const& folder, Settings const& asked);

/// The folder of a run: run.h5, checkpoint.h5 and checkpoint.previous.h5. Only rank 0 writes files.
class RunFolder {
 public:
  /// Collective. Reads the folder, which may not exist yet. Throws ConfigurationError on all ranks
  /// when it holds another training, naming the keys that differ. Writes nothing: start() makes the
  /// folder. may_replace: called before every write (durable.hpp).
  RunFolder(fs::path path, Settings const& settings, Communicator const& comm,
            MayReplace may_replace = {});

  /// The state of the last checkpoint, the same on every rank; none when there is no checkpoint.
  std::optional<TrainingState> const& stored_state() const { return stored_state_; }
  /// Whether the training is done according to run.h5; its checkpoints may be gone.
  bool is_trained() const { return is_trained_; }
  /// Whether the training is done, but its last checkpoint is damaged. (The user has removed one
  /// that is gone.)
  bool is_model_lost() const { return is_model_lost_; }
  /// Whether the stored evaluation is the one that the settings ask for.
  bool is_evaluated() const { return is_evaluated_; }
  /// Sentences for the user on stored files, such as a damaged checkpoint.
  std::vector<std::string> const& notices() const { return notices_; }
  fs::path const& path() const { return path_; }
  fs::path run_file() const { return path_ / "run.h5"; }

  /// Rank 0 records this start and writes run.h5. layout: of the model.
  void start(ParameterLayout const& layout, TrainingState const& state,
             std::string const& command_line);
  /// Rank 0 writes checkpoint.h5, then run.h5 unless that lacks only few of many steps.
  void write_checkpoint(TrainingState const& state);
  /// Rank 0 writes run.h5 when it lacks steps.
  void catch_up(TrainingState const& state);
  /// Collective. Writes a checkpoint into the folder `diverged` within, unless a training has gone
  /// on from it there. Returns that folder. Throws on all ranks when it cannot be written.
  fs::path write_diverged(TrainingState const& state);
  /// Only rank 0 calls this. Writes run.h5 with the evaluation and with the starts in this header.
  void write_evaluation(TrainingState const& state, FileHeader header,
                        EvaluationSource const& evaluation);
  RunRecord const& record() const { return record_; }

 private:
  std::optional<FoundCheckpoint> find_checkpoint();
  void adopt(FoundCheckpoint found);
  void note_other_curve(FoundCheckpoint const& found);
  bool has_gone_on(fs::path const& folder, TrainingState const& state) const;
  void read_run_file_of_folder();
  void write_run(TrainingState const& state, std::optional<EvaluationSource> evaluation = {});
  void set_aside(char const* name, bool& is_damaged);
  Checkpoint checkpoint_of(TrainingState const& state) const;
  fs::path path_;
  CheckpointWriter checkpoints_;
  Settings settings_;
  Communicator comm_;
  MayReplace may_replace_;
  std::optional<TrainingState> stored_state_;
  RunRecord record_;  // of rank 0
  ParameterLayout layout_;
  bool is_trained_ = false, is_evaluated_ = false;
  bool is_last_damaged_ = false;  // checkpoint.h5
  bool is_model_lost_ = false;
  bool is_run_file_damaged_ = false;    // of rank 0
  std::int64_t steps_in_run_file_ = 0;  // of rank 0
  std::int64_t steps_evaluated_ = -1;   // of the evaluation in run.h5, maybe another; -1: none
  std::vector<std::string> notices_;
};

}  // namespace tvem
