#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "command_line.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run_folder.hpp"
#include "tvem/comm/collective_errors.hpp"
#include "tvem/core/error.hpp"
#include "tvem/io/config.hpp"
#include "tvem/io/identity.hpp"
#include "tvem/io/keys.hpp"
#include "tvem/train/evaluation.hpp"
#include "tvem/train/loop.hpp"
#include "unused_keys.hpp"

namespace tvem {
namespace {

std::vector<OwnOption> const options{
    {"config", "FILE", "configuration, an INI file; without it every key has its default"},
    {"out", "DIR", "folder of the run; run again on it, an unfinished run goes on"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem run --out DIR [--config FILE] [--SECTION.KEY VALUE ...]\n"
         "       mpirun -n RANKS tvem run --out DIR ...      (the same bits on any number of "
         "ranks)\n\n"
         "Trains a Transformer, evaluates it beside the other estimators on the same tasks, and "
         "writes\n"
         "DIR/run.h5 and DIR/checkpoint.h5.\n\n" +
         options_help(options) +
         "\nKeys, in the file ([task], then dim = 4) or here (--task.dim 4), which wins:\n\n" +
         keys_help();
}

std::string read_file(std::string const& path) {
  // Before it is opened: opening a pipe would wait for its other end.
  bool const is_file = std::filesystem::is_regular_file(path);
  std::ifstream file(is_file ? path : std::string());
  std::ostringstream text;
  bool const is_read = is_file && file && (text << file.rdbuf());
  if (!is_read)
    throw ConfigurationError(
        "--config " + path +
        ": this is no file that can be read, or an empty one; give an INI file "
        "such as experiments/configs/quickstart.ini");
  return text.str();
}

/// Problems that only the modules behind the keys can see.
void add_problems_of_modules(Settings const& settings, std::vector<std::string>& problems) {
  auto const collect = [&](auto const& action) {
    try {
      action();
    } catch (ConfigurationError const& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  };
  collect([&] { TaskPrior const prior(settings.task); });
  collect([&] { parse_estimators(settings); });
}

/// Collective. Rank 0 reads the file, so that all ranks see the same text.
Settings read_settings(CommandContext const& context, SplitArguments const& arguments) {
  std::string const path = arguments.value("config");
  std::string text;
  on_root(context.comm, [&] { text = path.empty() ? "" : read_file(path); });
  text = context.comm.broadcast(text);
  std::vector<std::string> problems;
  Settings const settings = parse_configuration(text, path, arguments.rest, problems);
  // Of values that could not be read nothing more can be said.
  bool const are_values_read = problems.size() == contradictions(settings).size();
  if (are_values_read) add_problems_of_modules(settings, problems);
  if (!arguments.has("out"))
    problems.push_back("--out DIR is missing: the folder that the run writes");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return settings;
}

/// The state to start from: the checkpoint's, or the initial one. Collective.
TrainingState starting_state(Settings const& settings, RunFolder const& folder,
                             Communicator const& comm) {
  InstructionSet const common = common_instruction_set(comm);
  if (!folder.stored_state()) return initial_state(settings, common);
  TrainingState state = *folder.stored_state();
  if (state.instruction_set > common) {
    say(comm, "note: the run was computed with " + std::string(name_of(state.instruction_set)) +
                  " instructions, which not all ranks have; with " + std::string(name_of(common)) +
                  " it goes on, but its bits will differ from an uninterrupted run\n");
    state.instruction_set = common;
  }
  return state;
}

/// Shows the training and keeps its checkpoints.
class RunObserver : public TrainingObserver {
 public:
  RunObserver(RunFolder& folder, Communicator const& comm, TrainSettings const& train,
              std::int64_t done_before)
      : folder_(folder), train_(train), progress_("training", comm.is_root(), done_before) {}

  void on_step(StepRecord const& record) override {
    n_averaged_ = std::min(n_averaged_ + 1, 50);
    error_average_ += (record.error_mean - error_average_) / n_averaged_;
    char text[96];
    std::snprintf(text, sizeof text, "loss %.4f  error %.4f  rate %.2e", record.loss_mean,
                  error_average_, record.rate);
    progress_.show(record.step + 1, train_.steps, text);
  }
  void on_curve_point(CurveRecord const&) override {}
  void on_checkpoint(TrainingState const& state) override { folder_.write_checkpoint(state); }

 private:
  RunFolder& folder_;
  TrainSettings train_;
  Progress progress_;
  double error_average_ = 0;  // over about the last 50 steps
  int n_averaged_ = 0;
};

void announce(Communicator const& comm, Settings const& settings, RunFolder const& folder,
              Trainer& trainer) {
  std::int64_t const n_chunks =
      chunks_of_step(settings.train.tasks_per_step, trainer.state().chunk);
  std::string text = "run " + run_id(settings) + " in " + folder.path().string() + ": " +
                     std::to_string(trainer.state().parameters.size()) + " parameters, " +
                     std::to_string(comm.size()) + (comm.size() == 1 ? " rank" : " ranks") + ", " +
                     std::string(name_of(trainer.state().instruction_set)) + "\n";
  if (trainer.state().step > 0)
    text += "going on from step " + std::to_string(trainer.state().step) + "\n";
  if (comm.size() > n_chunks)
    text += "note: a step has " + std::to_string(n_chunks) + " chunks of " +
            std::to_string(trainer.state().chunk) + " tasks, so " +
            std::to_string(comm.size() - n_chunks) +
            " ranks are idle in training; lower parallel.chunk or the number of ranks\n";
  for (auto const& note : unused_keys(settings)) text += "note: " + note + "\n";
  say(comm, text);
}

/// Collective. Trains to the end and keeps checkpoints.
void train(Trainer& trainer, RunFolder& folder) {
  RunObserver observer(folder, trainer.comm(), trainer.settings().train, trainer.state().step);
  run_training(trainer, observer);
}

/// Collective. Evaluates all estimators and shows the table.
void evaluate_and_report(Trainer& trainer, RunFolder& folder) {
  Communicator const& comm = trainer.comm();
  Evaluation table;
  {
    Progress progress("evaluation, tasks of rank 0:", comm.is_root());
    table =
        evaluate(trainer.settings(), comm, trainer.model(), trainer.state().instruction_set,
                 [&](std::int64_t done, std::int64_t total) { progress.show(done, total, ""); });
  }
  folder.write_evaluation(trainer.state(), std::move(table));
  if (comm.is_root()) say(comm, "\n" + report_table(folder.record()));
}

}  // namespace

int run_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  Settings const settings = read_settings(context, arguments);
  RunFolder folder(arguments.value("out"), settings, context.comm);
  if (!folder.notice().empty()) say(context.comm, "note: " + folder.notice() + "\n");

  Trainer trainer(settings, context.comm, starting_state(settings, folder, context.comm));
  if (trainer.is_finished() && folder.is_evaluated()) {
    say(context.comm, "run " + run_id(settings) + " in " + folder.path().string() +
                          " is finished; tvem report " + folder.path().string() + " shows it\n");
    return static_cast<int>(ExitCode::finished);
  }
  announce(context.comm, settings, folder, trainer);
  folder.start(trainer.model().layout(), trainer.state(), context.command_line);
  train(trainer, folder);
  evaluate_and_report(trainer, folder);
  return static_cast<int>(ExitCode::finished);
}

}  // namespace tvem
