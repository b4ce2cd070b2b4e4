#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "framework/comm/communicator.hpp"
#include "framework/records/training.hpp"
#include "framework/train/settings.hpp"
#include "io/checkpoint_file.hpp"
#include "io/durable/durable.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// Throws ConfigurationError, naming the keys that differ, when the folder holds another training.
void check_same_training(std::filesystem::path const& folder, Settings const& asked);

/// The folder of a run: run.h5, checkpoint.h5 and checkpoint.previous.h5. Files are written by rank
/// 0.
class RunFolder {
 public:
  /// Collective. Reads the folder, which need not be there yet, for the settings. Throws
  /// ConfigurationError on all ranks when it holds another training, naming the keys that differ.
  /// Nothing is written before start(), which makes the folder.
  /// may_replace: asked before every write (durable.hpp).
  RunFolder(std::filesystem::path path, Settings const& settings, Communicator const& comm,
            MayReplace may_replace = {});

  /// The state of the last checkpoint, the same on every rank; none when there is no checkpoint.
  std::optional<TrainingState> const& stored_state() const { return stored_state_; }
  /// Whether the training is done, as run.h5 says; its checkpoints may be gone.
  bool is_trained() const { return is_trained_; }
  /// Whether the training is done, but its last checkpoint is damaged; one that is gone was taken
  /// away by the user.
  bool is_model_lost() const { return is_model_lost_; }
  /// Whether the stored evaluation is the one that the settings ask for.
  bool is_evaluated() const { return is_evaluated_; }
  /// What the user should know of the stored files, such as a damaged checkpoint; usually empty.
  std::string const& notice() const { return notice_; }
  std::filesystem::path const& path() const { return path_; }
  std::filesystem::path run_file() const { return path_ / "run.h5"; }

  /// Records this start and writes run.h5. layout: of the model. Rank 0 alone writes.
  void start(ParameterLayout const& layout, TrainingState const& state,
             std::string const& command_line);
  /// Writes checkpoint.h5, then run.h5, unless it is only a little behind and of many steps. Rank 0
  /// alone writes.
  void write_checkpoint(TrainingState const& state);
  /// Writes run.h5 when it is behind. Rank 0 alone writes.
  void catch_up(TrainingState const& state);
  /// Collective. Writes a checkpoint into the folder `diverged` within, unless somebody has gone on
  /// from it there, and returns it. Throws on all ranks when it cannot be written.
  std::filesystem::path write_diverged(TrainingState const& state);
  /// Writes run.h5 with the evaluation, and the starts of the program that this header has. Rank 0
  /// alone calls this.
  void write_evaluation(TrainingState const& state, FileHeader header,
                        EvaluationSource const& evaluation);
  RunRecord const& record() const { return record_; }

 private:
  std::optional<FoundCheckpoint> find_checkpoint();
  void note(std::string const& text);
  void note_other_curve(FoundCheckpoint const& found);
  bool has_gone_on(std::filesystem::path const& folder, TrainingState const& state) const;
  void read_run_file_of_folder();
  void write_run(TrainingState const& state, std::optional<EvaluationSource> evaluation = {});
  void set_aside(char const* name, bool& is_damaged);
  Checkpoint checkpoint_of(TrainingState const& state) const;
  std::filesystem::path path_;
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
  std::int64_t steps_evaluated_ =
      -1;  // of the evaluation in run.h5, which may be another; -1: none
  std::string notice_;
};

}  // namespace tvem
