#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "experiments/sweep/runs.hpp"
#include "framework/core/error.hpp"
#include "io/evaluation_file.hpp"
#include "io/fs.hpp"

namespace tvem {

struct CellResults {
  RunRecord const* training = nullptr;
  std::vector<Evaluation const*> evaluations;  // of the model, and of the baselines
  bool are_complete = false;
};

/// Reads the files of cells, and keeps those that the next cell may need too.
class ResultReader {
 public:
  ResultReader(fs::path folder, SweepRuns const& runs) : folder_(std::move(folder)), runs_(runs) {}

  /// The results of a cell, valid until the next call.
  CellResults read(std::size_t cell);

  std::vector<std::string> const& warnings() const { return warnings_; }
  /// "0.5.0 (3f2a9c1)" for every program that computed a result.
  std::set<std::string> const& versions() const { return versions_; }

 private:
  bool read_model(SweepRun const& training, std::optional<std::size_t> evaluation,
                  CellResults& results);
  bool read_evaluation(SweepEvaluation const& asked, fs::path& known,
                       std::optional<EvaluationRecord>& record, CellResults& results);
  /// Whether an evaluation of this identity is the one asked for; else warns.
  bool is_asked_for(Evaluation const& table, std::string const& identity,
                    SweepEvaluation const& asked);
  /// Whether `record` holds the file, now or from before.
  template <class Record, class Read>
  bool load(fs::path const& file, fs::path& known, std::optional<Record>& record,
            Read const& read) {
    if (file.empty()) return false;
    if (file == known) return record.has_value();
    known = file;
    record.reset();
    if (!fs::is_regular_file(folder_ / file)) return false;
    try {
      record = read(folder_ / file);
      for (ProvenanceRecord const& start : record->header.provenance)
        versions_.insert(fmt::format("{} ({})", start.program_version, start.git_revision));
    } catch (Error const& error) {
      warnings_.push_back(error.what());
    }
    return record.has_value();
  }

  fs::path folder_;
  SweepRuns const& runs_;
  fs::path training_file_, model_file_, baselines_file_;
  std::optional<RunRecord> training_;
  std::optional<EvaluationRecord> model_, baselines_;
  std::vector<std::string> warnings_;
  std::set<std::string> versions_;
};

}  // namespace tvem
