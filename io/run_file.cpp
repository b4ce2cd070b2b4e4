#include "io/run_file.hpp"

#include "io/durable/our_file.hpp"
#include "io/groups.hpp"
#include "io/words.hpp"

namespace tvem {
namespace {

constexpr auto file_type = "tvem run";

void write_progress(Hdf5Group const& root, RunRecord const& record) {
  Hdf5Group const group = root.create_group("state");
  group.set_attribute("training_identity", record.training_identity);
  group.set_attribute("evaluation_identity", record.evaluation_identity);
  group.set_attribute("steps_total", record.steps_total);
  group.set_attribute("steps_done", record.steps_done);
  group.set_attribute("chunk", std::int64_t{record.chunk});
  group.set_attribute("instruction_set", std::string(name_of(record.instruction_set)));
  group.set_attribute("training_seconds", record.training_seconds);
}

void read_progress(StoredGroup const& root, RunRecord& record) {
  StoredGroup const group = root.open_group("state");
  record.training_identity = group.text_attribute("training_identity");
  record.evaluation_identity = group.text_attribute("evaluation_identity");
  record.steps_total = read_count(group, "steps_total");
  record.steps_done = read_count(group, "steps_done");
  group.check(record.steps_done <= record.steps_total, "more steps are done than there are");
  record.chunk = read_chunk(group);
  record.instruction_set = word<InstructionSet>(group, "instruction_set");
  record.training_seconds = read_training_seconds(group);
}

}  // namespace

void write_run_file(std::filesystem::path const& path, RunRecord const& record,
                    MayReplace const& may_replace, std::optional<EvaluationSource> evaluation) {
  if (!evaluation && record.evaluation) evaluation = source_of(*record.evaluation);
  auto const fill = [&](Hdf5Group const& root) {
    write_header(root, file_type, record.header);
    write_progress(root, record);
    write_training(root, record.steps);
    write_learning_curve(root, record.learning_curve);
    if (evaluation) write_evaluation(root, *evaluation);
  };
  write_our_file(path, {}, fill, may_replace);
}

RunRecord read_run_file(std::filesystem::path const& path) {
  StoredGroup const root = read_our_file(path);
  RunRecord record;
  record.header = read_header(root, file_type, path.string());
  read_progress(root, record);
  record.steps = read_whole_training(root, record.steps_done);
  record.learning_curve = read_learning_curve(root, record.steps_done);
  if (root.has("evaluation")) record.evaluation = read_evaluation(root);
  return record;
}

}  // namespace tvem
