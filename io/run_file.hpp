#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/records/evaluation.hpp"
#include "framework/records/training.hpp"
#include "io/durable/durable.hpp"
#include "io/evaluation_group.hpp"
#include "io/fs.hpp"

namespace tvem {

struct ProvenanceRecord {
  std::string started_utc;  // ISO 8601
  std::string host;
  int ranks = 1;
  std::string program_version, git_revision, build, libraries, instruction_set, command;
};

/// What every file says of itself.
struct FileHeader {
  std::string run_id;
  std::string config_text;  // complete and resolved, an INI
  std::string created_utc;  // of the run, ISO 8601
  std::vector<ProvenanceRecord> provenance;
};

/// The content of run.h5 (io/SCHEMA.md).
struct RunRecord {
  FileHeader header;
  std::string training_identity, evaluation_identity;  // the latter empty before the evaluation
  std::int64_t steps_total = 0, steps_done = 0;
  std::optional<std::int64_t> steps_clipped;  // by train.clip; none in files of earlier builds
  int chunk = 0;
  double training_seconds = 0;
  std::vector<StepRecord> steps;
  std::vector<CurveRecord> learning_curve;
  std::optional<Evaluation> evaluation;
};

/// Writes the file durably. evaluation: replaces the one of the record. Throws Error naming the
/// file, or what may_replace throws (durable.hpp).
void write_run_file(fs::path const& path, RunRecord const& record,
                    MayReplace const& may_replace = {},
                    std::optional<EvaluationSource> evaluation = {});

/// Throws Error, naming the file, when it is damaged, of another kind or of another schema version.
RunRecord read_run_file(fs::path const& path);

}  // namespace tvem
