#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "experiments/sweep/runs.hpp"
#include "framework/core/error.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {

/// The files of a cell, as far as they are there.
struct CellResults {
  RunRecord const* training = nullptr;
  std::vector<Evaluation const*> evaluations;  // of the model, and of the baselines
  bool are_complete = false;
};

/// Reads the files of a sweep's cells, and keeps those that the next cell may need too.
class ResultReader {
 public:
  /// runs: must outlive this.
  ResultReader(std::filesystem::path folder, SweepRuns const& runs)
      : folder_(std::move(folder)), runs_(runs) {}

  /// What there is of a cell, valid until the next call.
  CellResults read(std::size_t cell);

  std::vector<std::string> const& warnings() const { return warnings_; }
  /// "0.5.0 (3f2a9c1)" of every program that computed a result.
  std::set<std::string> const& versions() const { return versions_; }

 private:
  bool read_model(SweepRun const& training, std::optional<std::size_t> evaluation,
                  CellResults& results);
  bool read_evaluation(SweepEvaluation const& asked, std::filesystem::path& known,
                       std::optional<EvaluationRecord>& record, CellResults& results);
  /// Whether an evaluation of this identity is that which is asked for; else warns.
  bool is_asked_for(Evaluation const& table, std::string const& identity,
                    SweepEvaluation const& asked);
  /// Whether the file, or what was read of it before, is in `record`.
  template <class Record, class Read>
  bool load(std::filesystem::path const& file, std::filesystem::path& known,
            std::optional<Record>& record, Read const& read) {
    if (file.empty()) return false;
    if (file == known) return record.has_value();
    known = file;
    record.reset();
    if (!std::filesystem::is_regular_file(folder_ / file)) return false;
    try {
      record = read(folder_ / file);
      for (ProvenanceRecord const& start : record->header.provenance)
        versions_.insert(start.program_version + " (" + start.git_revision + ")");
    } catch (Error const& error) {
      warnings_.push_back(error.what());
    }
    return record.has_value();
  }

  std::filesystem::path folder_;
  SweepRuns const& runs_;
  std::filesystem::path training_file_, model_file_, baselines_file_;
  std::optional<RunRecord> training_;
  std::optional<EvaluationRecord> model_, baselines_;
  std::vector<std::string> warnings_;
  std::set<std::string> versions_;
};

}  // namespace tvem
