#pragma once

#include <optional>
#include <string>

#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

class Hdf5Group;

struct ModelOrigin {
  std::string run_id, training_identity;
  std::string config_text;  // of the training; that of the evaluation is in the header
  std::int64_t steps_done = 0;
};

/// The file of the tasks, where they were not drawn.
struct TasksOrigin {
  std::string path, digest;
};

/// The content of an evaluation's file (io/SCHEMA.md): `/evaluation` as in run.h5, on tasks of its
/// own.
struct EvaluationRecord {
  FileHeader header;
  std::string evaluation_identity;
  std::optional<ModelOrigin> model;  // none for baselines alone
  std::optional<TasksOrigin> tasks = {};
  Evaluation evaluation;
};

/// Writes the group /model.
void write_model(Hdf5Group const& root, ModelOrigin const& model);

/// Writes the file durably. evaluation: replaces the one of the record. Throws Error naming the
/// file, or what may_replace throws (durable.hpp).
void write_evaluation_file(fs::path const& path, EvaluationRecord const& record,
                           MayReplace const& may_replace = {},
                           std::optional<EvaluationSource> evaluation = {});

/// Throws Error, naming the file, when it is damaged, of another kind or of another schema version.
EvaluationRecord read_evaluation_file(fs::path const& path);

/// The type of a file of ours, such as "tvem run". Throws Error when the file is damaged, or none
/// of ours.
std::string file_type_of(fs::path const& path);

/// The identity of the evaluation that a file holds; empty when no evaluation can be read.
std::string evaluation_of_file(fs::path const& path);

}  // namespace tvem
