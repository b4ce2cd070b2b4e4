#include "io/run_file.hpp"

#include "io/durable/our_file.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto run_file_type = "tvem run";

void write_progress(Hdf5Group const& root, RunRecord const& record) {
  Hdf5Group const group = root.create_group("state");
  group.set_attribute("training_identity", record.training_identity);
  group.set_attribute("evaluation_identity", record.evaluation_identity);
  group.set_attribute("steps_total", record.steps_total);
  group.set_attribute("steps_done", record.steps_done);
  if (record.steps_clipped) group.set_attribute("steps_clipped", *record.steps_clipped);
  write_conditions(group, record);
}

void read_progress(StoredGroup const& root, RunRecord& record) {
  StoredGroup const group = root.open_group("state");
  record.training_identity = group.text_attribute("training_identity");
  record.evaluation_identity = group.text_attribute("evaluation_identity");
  record.steps_total = read_count(group, "steps_total");
  record.steps_done = read_count(group, "steps_done");
  if (group.has_attribute("steps_clipped"))
    record.steps_clipped = read_count(group, "steps_clipped");
  group.check(record.steps_done <= record.steps_total, "more steps are done than there are");
  read_conditions(group, record);
}

}  // namespace

void write_run_file(fs::path const& path, RunRecord const& record, MayReplace const& may_replace,
                    std::optional<EvaluationSource> evaluation) {
  if (!evaluation && record.evaluation) evaluation = source_of(*record.evaluation);
  auto const fill = [&](Hdf5Group const& root) {
    write_header(root, run_file_type, record.header);
    write_progress(root, record);
    write_training(root, record.steps);
    write_learning_curve(root, record.learning_curve);
    if (evaluation) write_evaluation(root, *evaluation);
  };
  write_our_file(path, {}, fill, may_replace);
}

RunRecord read_run_file(fs::path const& path) {
  StoredGroup const root = read_our_file(path);
  RunRecord record;
  record.header = read_header(root, run_file_type, path.string());
  read_progress(root, record);
  record.steps = read_training(root, 0);
  check_count(root, std::ssize(record.steps), record.steps_done);
  record.learning_curve = read_learning_curve(root, record.steps_done);
  if (root.has("evaluation")) record.evaluation = read_evaluation(root);
  return record;
}

}  // namespace tvem
