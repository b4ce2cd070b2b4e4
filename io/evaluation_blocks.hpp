#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/records/evaluation.hpp"
#include "io/durable/durable.hpp"
#include "io/evaluation_group.hpp"
#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// The finished blocks of an evaluation that is not in its file yet: FILE.blocks-ID/tasks-FIRST.h5,
/// with ID the first digits of its identity and FIRST the first task of the block (io/SCHEMA.md).
/// With them an evaluation of any size goes on where it was stopped, in little memory.
class EvaluationBlocks {
 public:
  /// Reads block after block from the first task on, until one is missing or damaged. file: the
  /// final file of the evaluation. n_tasks: of the whole evaluation.
  EvaluationBlocks(fs::path const& file, std::string identity, std::int64_t n_tasks);

  std::int64_t n_done() const { return n_done_; }
  bool is_whole() const { return n_done_ == n_tasks_; }
  TraceSums const& trace_sums() const { return trace_sums_; }
  /// The starts of the program that computed the blocks.
  std::vector<ProvenanceRecord> const& starts() const { return starts_; }
  /// A sentence for the user when a block is damaged; usually empty.
  std::string const& notice() const { return notice_; }
  fs::path const& folder() const { return folder_; }

  /// Adds the next tasks. Writes them durably, but keeps the last block in memory only. Throws
  /// Error naming the file, or what may_replace throws (durable.hpp).
  void add(EvaluationBlock block, FileHeader const& header, MayReplace const& may_replace = {});

  /// The whole evaluation; this must outlive it. Reading may throw Error.
  EvaluationSource source() const;

  /// Removes the blocks of an evaluation that is in its file.
  static void remove(fs::path const& file, std::string const& identity);

 private:
  fs::path block_file(std::int64_t first_task) const;
  EvaluationBlock read(fs::path const& file, std::int64_t first_task,
                       std::vector<ProvenanceRecord>& starts) const;

  fs::path folder_;
  std::string identity_;
  std::int64_t n_tasks_, n_done_ = 0;
  TraceSums trace_sums_;
  std::vector<ProvenanceRecord> starts_;
  std::vector<std::int64_t> first_tasks_;  // of the blocks on the disk
  std::optional<EvaluationBlock> last_;
  std::string notice_;
};

}  // namespace tvem
