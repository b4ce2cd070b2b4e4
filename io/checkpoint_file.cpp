#include "io/checkpoint_file.hpp"

#include <algorithm>
#include <limits>

#include "framework/core/error.hpp"
#include "io/durable/our_file.hpp"
#include "io/groups.hpp"
#include "io/words.hpp"

namespace tvem {
namespace {

constexpr auto file_type = "tvem checkpoint";
constexpr std::size_t most_parameters = 10'000;  // matrices: far more than model.layers allows
constexpr std::size_t most_rows = std::numeric_limits<int>::max();

void write_parameters(Hdf5Group const& root, ParameterLayout const& layout,
                      std::span<float const> parameters) {
  Hdf5Group const group = root.create_group("parameters");
  for (ParameterView const& view : layout.views()) {
    group.write_array(view.name, parameters.subspan(view.offset, view.size()),
                      {static_cast<std::size_t>(view.rows), static_cast<std::size_t>(view.cols)},
                      {"model parameter " + view.name});
    group.set_member_attribute(view.name, "offset", static_cast<std::int64_t>(view.offset));
  }
}

/// The layout is what the file says: its parameters in the order of their offsets.
void read_parameters(StoredGroup const& root, Checkpoint& checkpoint) {
  StoredGroup const group = root.open_group("parameters");
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (auto const& name : group.members())
    order.emplace_back(group.member_integer_attribute(name, "offset"), name);
  group.check(order.size() <= most_parameters, "there are too many parameters");
  std::sort(order.begin(), order.end());
  auto& parameters = checkpoint.state.parameters;
  for (auto const& [offset, name] : order) {
    auto const shape = group.shape(name);
    auto const values = group.read<float>(name);
    group.check(offset == static_cast<std::int64_t>(parameters.size()) && shape.size() == 2 &&
                    !values.empty() && std::max(shape[0], shape[1]) <= most_rows,
                "parameter " + name + " has no place in the flat vector of parameters");
    checkpoint.layout.add(name, static_cast<int>(shape[0]), static_cast<int>(shape[1]));
    parameters.insert(parameters.end(), values.begin(), values.end());
  }
}

void write_optimizer(Hdf5Group const& root, OptimizerState const& state) {
  Hdf5Group const group = root.create_group("optimizer");
  group.set_attribute("n_updates", state.n_updates);
  group.write_array("first_moment", std::span<float const>(state.first_moment),
                    {state.first_moment.size()},
                    {"first moment of the optimiser, a value for each parameter"});
  group.write_array("second_moment", std::span<float const>(state.second_moment),
                    {state.second_moment.size()},
                    {"second moment of the optimiser, a value for each parameter"});
}

OptimizerState read_optimizer(StoredGroup const& root, std::size_t n_parameters) {
  StoredGroup const group = root.open_group("optimizer");
  auto const first = group.read<float>("first_moment"), second = group.read<float>("second_moment");
  group.check(first.size() == n_parameters && (second.empty() || second.size() == n_parameters),
              "the moments are not of as many values as the parameters");
  OptimizerState state;
  state.n_updates = read_count(group, "n_updates");
  state.first_moment.assign(first.begin(), first.end());
  state.second_moment.assign(second.begin(), second.end());
  return state;
}

void write_state(Hdf5Group const& root, Checkpoint const& checkpoint, StoredSteps const& history) {
  TrainingState const& state = checkpoint.state;
  Hdf5Group const group = root.create_group("state");
  group.set_attribute("training_identity", checkpoint.training_identity);
  group.set_attribute("step", state.step);
  group.set_attribute("steps_in_files", history.count);
  group.set_attribute("steps_in_files_sha256", history.digest);
  group.set_attribute("chunk", std::int64_t{state.chunk});
  group.set_attribute("instruction_set", std::string(name_of(state.instruction_set)));
  group.set_attribute("training_seconds", state.training_seconds);
}

void read_state(StoredGroup const& root, Checkpoint& checkpoint) {
  StoredGroup const group = root.open_group("state");
  checkpoint.training_identity = group.text_attribute("training_identity");
  checkpoint.state.step = read_count(group, "step");
  checkpoint.state.chunk = read_chunk(group);
  checkpoint.state.instruction_set = word<InstructionSet>(group, "instruction_set");
  checkpoint.state.training_seconds = read_training_seconds(group);
}

/// The records of all steps: those in files of their own, and the checkpoint's. Files of
/// schema version 2 have all in the checkpoint.
std::vector<StepRecord> read_steps(StoredGroup const& root, std::filesystem::path const& folder,
                                   std::int64_t n_steps) {
  StoredGroup const group = root.open_group("state");
  StoredSteps history;
  if (group.has_attribute("steps_in_files"))
    history = {.count = read_count(group, "steps_in_files"),
               .digest = group.text_attribute("steps_in_files_sha256")};
  auto const last = read_training(root, history.count);
  root.check(history.count + static_cast<std::int64_t>(last.size()) == n_steps,
             "these are not the records of " + std::to_string(n_steps) + " steps");
  auto steps = read_step_history(folder, history);
  steps.insert(steps.end(), last.begin(), last.end());
  return steps;
}

Checkpoint read_file(std::filesystem::path const& path, Steps steps) {
  StoredGroup const root = read_our_file(path);
  Checkpoint checkpoint;
  checkpoint.header = read_header(root, file_type, path.string());
  read_state(root, checkpoint);
  read_parameters(root, checkpoint);
  checkpoint.state.optimizer = read_optimizer(root, checkpoint.layout.size());
  if (steps == Steps::all)
    checkpoint.state.steps = read_steps(root, path.parent_path(), checkpoint.state.step);
  checkpoint.state.learning_curve = read_learning_curve(root, checkpoint.state.step);
  return checkpoint;
}

}  // namespace

void CheckpointWriter::write(Checkpoint const& checkpoint, MayReplace const& may_replace) {
  auto const& steps = checkpoint.state.steps;
  StoredSteps const& history = history_.write(steps, checkpoint.header, may_replace);
  auto const fill = [&](Hdf5Group const& root) {
    write_header(root, file_type, checkpoint.header);
    write_state(root, checkpoint, history);
    write_parameters(root, checkpoint.layout, checkpoint.state.parameters);
    write_optimizer(root, checkpoint.state.optimizer);
    write_training(root, std::span(steps).subspan(static_cast<std::size_t>(history.count)));
    write_learning_curve(root, checkpoint.state.learning_curve);
  };
  write_our_file(folder_ / "checkpoint.h5", folder_ / "checkpoint.previous.h5", fill, may_replace);
}

void write_checkpoint(std::filesystem::path const& folder, Checkpoint const& checkpoint,
                      MayReplace const& may_replace) {
  CheckpointWriter(folder).write(checkpoint, may_replace);
}

std::optional<FoundCheckpoint> read_checkpoint(std::filesystem::path const& folder,
                                               CheckCheckpoint const& check, Steps steps) {
  std::string problems;
  for (auto const* name : {"checkpoint.h5", "checkpoint.previous.h5"}) {
    auto const path = folder / name;
    if (!std::filesystem::is_regular_file(path)) continue;
    try {
      std::string const notice = problems.empty() ? "" : problems + "; using " + path.string();
      FoundCheckpoint found{read_file(path, steps), notice};
      if (check) check(found.checkpoint, path);
      return found;
    } catch (Error const& error) {
      problems += (problems.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  if (!problems.empty())
    throw Error(problems + "; no good checkpoint is left in " + folder.string());
  return std::nullopt;
}

}  // namespace tvem
