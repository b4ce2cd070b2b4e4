#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "io/run_file.hpp"

namespace tvem {

/// The training whose model an evaluation is of.
struct ModelOrigin {
  std::string run_id, training_identity;
  std::string config_text;  // of the training; that of the evaluation is in the header
  std::int64_t steps_done = 0;
};

/// The content of an evaluation's file (io/SCHEMA.md): `/evaluation` as in run.h5, on tasks that
/// need not be those of a training.
struct EvaluationRecord {
  FileHeader header;
  std::string evaluation_identity;
  std::optional<ModelOrigin> model;  // none for baselines alone
  Evaluation evaluation;
};

/// Writes the file durably. evaluation: in the place of the record's. Throws Error naming the file,
/// or what may_replace throws (durable.hpp).
void write_evaluation_file(std::filesystem::path const& path, EvaluationRecord const& record,
                           MayReplace const& may_replace = {},
                           std::optional<EvaluationSource> evaluation = {});

/// Throws Error, naming the file, when it is damaged, of another kind or of another schema version.
EvaluationRecord read_evaluation_file(std::filesystem::path const& path);

/// What kind of file of ours it is: "tvem run". Throws Error when it is none, or damaged.
std::string file_type_of(std::filesystem::path const& path);

/// The identity of the evaluation that a file holds; empty when there is none that can be read.
std::string evaluation_of_file(std::filesystem::path const& path);

}  // namespace tvem
