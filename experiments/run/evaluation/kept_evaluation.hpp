#pragma once

#include <optional>
#include <string>

#include "experiments/report/evaluation_summary.hpp"
#include "experiments/run/job.hpp"
#include "framework/comm/communicator.hpp"
#include "framework/train/evaluation/evaluation.hpp"
#include "framework/train/settings.hpp"
#include "io/evaluation_blocks.hpp"
#include "io/fs.hpp"

namespace tvem {

/// Collective. Throws ConfigurationError when the disk of `file` has no room for the evaluation.
/// n_done: tasks that are on it already.
void check_disk(Communicator const& comm, Settings const& settings, fs::path const& file,
                std::int64_t n_done = 0);

/// An evaluation that keeps its finished tasks on the disk, beside its final file. It goes on from
/// there and takes little memory. Members are collective, except those of rank 0.
class KeptEvaluation {
 public:
  /// Reads the tasks that are kept. file: the final file.
  KeptEvaluation(Communicator const& comm, fs::path const& file, std::string identity,
                 Settings const& settings);

  /// Does the missing tasks. header: of the file, with this start as its last. Throws
  /// ConfigurationError on all ranks when the disk has no room, StoppedOnRequest likewise; any
  /// other exception may be of one rank alone.
  void evaluate(EvaluationInput input, FileHeader header, Voice voice, WorkHooks const& hooks);

  /// Of rank 0. The header, with all starts that did some of the tasks.
  FileHeader const& header() const { return header_; }
  /// Of rank 0. The whole evaluation, for the file; what has been given goes into the summary too.
  EvaluationSource source(EvaluationSummary& summary) const;
  /// Of rank 0. Takes away what was kept, once the file is written.
  void remove() const { EvaluationBlocks::remove(file_, identity_); }

 private:
  void go_on(bool is_shown);
  Communicator comm_;
  fs::path file_;
  std::string identity_;
  Settings settings_;
  std::optional<EvaluationBlocks> blocks_;  // of rank 0
  std::int64_t n_done_ = 0;                 // before this start
  FileHeader header_;
};

}  // namespace tvem
