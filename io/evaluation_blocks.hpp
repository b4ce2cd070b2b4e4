#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "framework/records/evaluation.hpp"
#include "io/durable/durable.hpp"
#include "io/evaluation_group.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// The blocks of an evaluation that is not in its file yet: FILE.blocks-ID/tasks-FIRST.h5, ID the
/// first digits of its identity, FIRST the first task of a block (io/SCHEMA.md). So that an
/// evaluation of any size goes on from where it was stopped, in little memory.
class EvaluationBlocks {
 public:
  /// Reads what is there. file: where the evaluation goes in the end. n_tasks: that it has. Block
  /// after block from the first task on is taken, until one is missing or damaged.
  EvaluationBlocks(std::filesystem::path const& file, std::string identity, std::int64_t n_tasks);

  std::int64_t n_done() const { return n_done_; }
  bool is_whole() const { return n_done_ == n_tasks_; }
  TraceSums const& trace_sums() const { return trace_sums_; }
  /// The starts of the program that did it.
  std::vector<ProvenanceRecord> const& starts() const { return starts_; }
  /// What the user should know: that a block is damaged; usually empty.
  std::string const& notice() const { return notice_; }
  std::filesystem::path const& folder() const { return folder_; }

  /// Takes the next tasks: writes them durably, but keeps the last block in memory alone. Throws
  /// Error naming the file, or what may_replace throws (durable.hpp).
  void add(EvaluationBlock block, FileHeader const& header, MayReplace const& may_replace = {});

  /// The whole evaluation, which must not outlive this. Reading may throw Error.
  EvaluationSource source() const;

  /// Takes away the blocks of an evaluation that is in its file.
  static void remove(std::filesystem::path const& file, std::string const& identity);

 private:
  std::filesystem::path block_file(std::int64_t first_task) const;
  EvaluationBlock read(std::filesystem::path const& file, std::int64_t first_task,
                       std::vector<ProvenanceRecord>& starts) const;

  std::filesystem::path folder_;
  std::string identity_;
  std::int64_t n_tasks_, n_done_ = 0;
  TraceSums trace_sums_;
  std::vector<ProvenanceRecord> starts_;
  std::vector<std::int64_t> first_tasks_;  // of the blocks on the disk
  std::optional<EvaluationBlock> last_;
  std::string notice_;
};

}  // namespace tvem
