#include "io/evaluation_file.hpp"

#include "framework/core/error.hpp"
#include "io/durable/our_file.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto evaluation_file_type = "tvem evaluation";

ModelOrigin read_model(StoredGroup const& root) {
  StoredGroup const group = root.open_group("model");
  return {.run_id = group.text_attribute("run_id"),
          .training_identity = group.text_attribute("training_identity"),
          .config_text = group.text_attribute("config"),
          .steps_done = read_count(group, "steps_done")};
}

}  // namespace

void write_model(Hdf5Group const& root, ModelOrigin const& model) {
  Hdf5Group const group = root.create_group("model");
  group.set_attribute("run_id", model.run_id);
  group.set_attribute("training_identity", model.training_identity);
  group.set_attribute("config", model.config_text);
  group.set_attribute("steps_done", model.steps_done);
}

void write_evaluation_file(fs::path const& path, EvaluationRecord const& record,
                           MayReplace const& may_replace,
                           std::optional<EvaluationSource> evaluation) {
  if (!evaluation) evaluation = source_of(record.evaluation);
  auto const fill = [&](Hdf5Group const& root) {
    write_header(root, evaluation_file_type, record.header);
    root.create_group("state").set_attribute("evaluation_identity", record.evaluation_identity);
    if (record.model) write_model(root, *record.model);
    if (record.tasks) {
      Hdf5Group const group = root.create_group("tasks_file");
      group.set_attribute("path", record.tasks->path);
      group.set_attribute("sha256", record.tasks->digest);
    }
    write_evaluation(root, *evaluation);
  };
  write_our_file(path, {}, fill, may_replace);
}

EvaluationRecord read_evaluation_file(fs::path const& path) {
  StoredGroup const root = read_our_file(path);
  EvaluationRecord record;
  record.header = read_header(root, evaluation_file_type, path.string());
  record.evaluation_identity = root.open_group("state").text_attribute("evaluation_identity");
  if (root.has("model")) record.model = read_model(root);
  if (root.has("tasks_file")) {
    StoredGroup const group = root.open_group("tasks_file");
    record.tasks = {group.text_attribute("path"), group.text_attribute("sha256")};
  }
  record.evaluation = read_evaluation(root);
  return record;
}

std::string file_type_of(fs::path const& path) {
  return read_our_head(path).text_attribute("file_type");
}

std::string evaluation_of_file(fs::path const& path) {
  auto const root = whole_head_of(evaluation_file_type, path);
  if (!root) return {};
  try {
    return root->open_group("state").text_attribute("evaluation_identity");
  } catch (Error const&) {
    return {};
  }
}

}  // namespace tvem
