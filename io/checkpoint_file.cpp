#include "io/checkpoint_file.hpp"

#include <algorithm>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "io/durable/our_file.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto checkpoint_file_type = "tvem checkpoint";
constexpr std::size_t most_parameters = 10'000;  // matrices: far more than model.layers allows
constexpr std::size_t most_rows = std::numeric_limits<int>::max();

void write_parameters(Hdf5Group const& root, ParameterLayout const& layout,
                      std::span<float const> parameters) {
  Hdf5Group const group = root.create_group("parameters");
  for (ParameterView const& view : layout.views()) {
    std::size_t const rows = view.rows, cols = view.cols;
    std::int64_t const offset = view.offset;
    group.write_array(view.name, parameters.subspan(view.offset, view.size()), {rows, cols},
                      {"model parameter " + view.name});
    group.set_member_attribute(view.name, "offset", offset);
  }
}

/// The file gives the layout: its parameters in the order of their offsets.
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
    group.check(offset == std::ssize(parameters) && shape.size() == 2 && !values.empty() &&
                    std::max(shape[0], shape[1]) <= most_rows,
                fmt::format("parameter {} has no place in the flat vector of parameters", name));
    checkpoint.layout.add(name, as_count(shape[0]), as_count(shape[1]));
    parameters.insert(parameters.end(), values.begin(), values.end());
  }
}

void write_optimizer(Hdf5Group const& root, OptimizerState const& state) {
  Hdf5Group const group = root.create_group("optimizer");
  group.set_attribute("n_updates", state.n_updates);
  group.write_array("first_moment", state.first_moment, {state.first_moment.size()},
                    {"first moment of the optimiser, a value for each parameter"});
  group.write_array("second_moment", state.second_moment, {state.second_moment.size()},
                    {"second moment of the optimiser, a value for each parameter"});
  if (!state.average.empty())
    group.write_array("average", state.average, {state.average.size()},
                      {"moving average of the parameters: those of the trained model"});
}

AlignedVector<float> read_average(StoredGroup const& optimizer, std::size_t n_parameters) {
  auto const average = optimizer.read<float>("average");
  optimizer.check(average.size() == n_parameters,
                  "the average is not of as many values as the parameters");
  return {average.begin(), average.end()};
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
  if (group.has("average")) state.average = read_average(group, n_parameters);
  return state;
}

void write_state(Hdf5Group const& root, Checkpoint const& checkpoint, StoredSteps const& history) {
  TrainingState const& state = checkpoint.state;
  Hdf5Group const group = root.create_group("state");
  group.set_attribute("training_identity", checkpoint.training_identity);
  group.set_attribute("step", state.step);
  group.set_attribute("steps_in_files", history.count);
  group.set_attribute("steps_in_files_sha256", history.digest);
  write_conditions(group, state);
}

void read_state(StoredGroup const& root, Checkpoint& checkpoint) {
  StoredGroup const group = root.open_group("state");
  checkpoint.training_identity = group.text_attribute("training_identity");
  checkpoint.state.step = read_count(group, "step");
  read_conditions(group, checkpoint.state);
}

/// The records of all steps, from their own files and from the checkpoint. A file of schema version
/// 2 has all of them in the checkpoint.
std::vector<StepRecord> read_steps(StoredGroup const& root, fs::path const& folder,
                                   std::int64_t n_steps) {
  StoredGroup const group = root.open_group("state");
  StoredSteps history;
  if (group.has_attribute("steps_in_files"))
    history = {.count = read_count(group, "steps_in_files"),
               .digest = group.text_attribute("steps_in_files_sha256")};
  auto const last = read_training(root, history.count);
  check_count(root, history.count + std::ssize(last), n_steps);
  auto steps = read_step_history(folder, history);
  steps.insert(steps.end(), last.begin(), last.end());
  return steps;
}

Checkpoint read_file(fs::path const& path, Steps steps) {
  StoredGroup const root = read_our_file(path);
  Checkpoint checkpoint;
  checkpoint.header = read_header(root, checkpoint_file_type, path.string());
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
    write_header(root, checkpoint_file_type, checkpoint.header);
    write_state(root, checkpoint, history);
    write_parameters(root, checkpoint.layout, checkpoint.state.parameters);
    write_optimizer(root, checkpoint.state.optimizer);
    write_training(root, std::span(steps).subspan(history.count));
    write_learning_curve(root, checkpoint.state.learning_curve);
  };
  write_our_file(folder_ / "checkpoint.h5", folder_ / "checkpoint.previous.h5", fill, may_replace);
}

void write_checkpoint(fs::path const& folder, Checkpoint const& checkpoint,
                      MayReplace const& may_replace) {
  CheckpointWriter(folder).write(checkpoint, may_replace);
}

std::optional<FoundCheckpoint> read_checkpoint(fs::path const& folder, CheckCheckpoint const& check,
                                               Steps steps) {
  std::vector<std::string> problems;
  for (auto const* name : {"checkpoint.h5", "checkpoint.previous.h5"}) {
    auto const path = folder / name;
    if (!fs::is_regular_file(path)) continue;
    try {
      FoundCheckpoint found{read_file(path, steps), ""};
      if (!problems.empty()) found.notice = fmt::format("{}; using {}", problems[0], path);
      if (check) check(found.checkpoint, path);
      return found;
    } catch (Error const& error) {
      problems.emplace_back(error.what());
    }
  }
  if (!problems.empty())
    throw Error(
        fmt::format("{}; no good checkpoint is left in {}", joined(problems, "; "), folder));
  return std::nullopt;
}

}  // namespace tvem
