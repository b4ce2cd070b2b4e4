#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <numeric>

#include "experiments/program/command_line.hpp"
#include "experiments/program/status_text.hpp"
#include "experiments/report/formatting.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/stop_request.hpp"
#include "experiments/settings/config_input.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/states.hpp"
#include "experiments/sweep/sweeper.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

std::vector<OwnOption> const options{
    {"config", "FILE", "configuration, an INI file with a section [sweep]"},
    {"out", "DIR", "folder of the sweep; a folder in it for each run. Run again, it goes on"},
    {"list", "", "print the runs and do nothing"},
    {"tsv", "",
     "separated by tabs: with --list index, id and a column for each axis; with --status run, "
     "state, steps and evaluations"},
    {"groups", "G", "ranks share into so many groups, each with a run of its own at a time [1]"},
    {"index", "I", "do run I of the list alone, from 0, as a Slurm array does"},
    {"status", "", "say how far it is and do nothing; exit code 0: finished, 75: not"},
    {"max-minutes", "M", "stop after so many minutes, to go on when started again (exit code 75)"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem sweep --out DIR [--config FILE] [--SECTION.KEY VALUE ...] [--sweep.KEY LIST "
         "...]\n"
         "       tvem sweep --list [--tsv] --config FILE ...\n\n"
         "Trains every combination of the values in the section [sweep]. Baselines, which no model "
         "has a part in,\nare runs of their own, once for each distribution of tasks. A group of "
         "ranks takes the next run that nobody\nhas: another group, or another job on the same "
         "folder. Finished runs are left as they are; a run that fails\nis recorded, and the "
         "others go on. tvem collect makes one labelled array of all.\n\n"
         "  [sweep]\n"
         "  model.layers = 1, 2, 4                      an axis: a key and its values\n"
         "  run.seed = 1..5                             the integers from 1 to 5\n"
         "  model.width & model.heads = 32 & 2, 64 & 4  keys that change together\n"
         "  evaluate.task.points = 25, 50               what the model meets, not trained anew\n"
         "  skip = model.layers > 2 and run.seed > 3    combinations to leave out (and, or)\n\n" +
         options_help(options) + "\nThe keys are those of tvem run --help.\n";
}

/// Collective. The sweep that is asked for.
SweepPlan read_sweep(CommandContext const& context, SplitArguments const& arguments) {
  std::string const path = arguments.value("config");
  std::string const text = read_config_text(context.comm, path);
  std::vector<std::string> problems;
  SweepPlan plan = plan_sweep(text, path, arguments.rest, problems);
  bool const is_list = arguments.has("list");
  if (!arguments.has("out") && !is_list)
    problems.push_back("--out DIR is missing: the folder that the sweep writes");
  if (arguments.has("tsv") && !is_list && !arguments.has("status"))
    problems.push_back("--tsv is a form of --list and --status; give one of them with it");
  if (is_list && arguments.has("status"))
    problems.push_back("--list prints the runs and --status how far they are; give one of them");
  if (is_list && arguments.has("index"))
    problems.push_back("--list prints all runs and --index does one; give one of them");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  if (arguments.has("index")) keep_run(plan, arguments.value("index"));
  return plan;
}

/// "10 runs: 8 finished, 1 running, ..."; whether all are finished.
bool tell_states(Communicator const& comm, SweepPlan const& done, fs::path const& folder,
                 double n_done) {
  SweepStates states(done.sweep, done.runs, folder);
  states.refresh();
  StateCounts const counts = states.counts();
  say(comm, counts.text() + format("; %.0f done now. tvem status ", n_done) + folder.string() +
                " shows them\n");
  return counts.are_all_finished();
}

/// Collective. When this start wrote its configuration.
fs::file_time_type started_at(Communicator const& world, fs::path const& folder) {
  std::int64_t count = std::numeric_limits<std::int64_t>::min();
  on_root(world,
          [&] { count = fs::last_write_time(sweep_file(folder)).time_since_epoch().count(); });
  return fs::file_time_type(fs::file_time_type::duration(world.max(count)));
}

/// Collective. The runs one after another; what failed in an earlier start comes last.
std::vector<std::size_t> order_of(Communicator const& world, SweepPlan const& plan,
                                  fs::path const& folder) {
  std::string has_failed(plan.runs.size(), '-');
  on_root(world, [&] {
    for (std::size_t run = 0; run < plan.runs.size(); ++run)
      if (time_of_failure(folder / plan.runs[run].id)) has_failed[run] = '+';
  });
  has_failed = world.broadcast(has_failed);
  std::vector<std::size_t> order(plan.runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_partition(order.begin(), order.end(),
                        [&](std::size_t run) { return has_failed[run] == '-'; });
  return order;
}

/// Collective. Shares the ranks into groups, which do the runs.
ExitCode do_runs(CommandContext const& context, SweepPlan const& plan, fs::path const& folder,
                 int n_groups, StopRequest const& stop) {
  Communicator const& world = context.comm;
  Voice const voice = plan.runs.size() == 1 && n_groups == 1 ? Voice::aloud : Voice::silent;
  Sweeper sweeper(world.split(world.rank() * n_groups / world.size()), context.command_line, plan,
                  folder, stop, started_at(world, folder), world.is_root());
  for (std::size_t const run : order_of(world, plan, folder)) {
    if (sweeper.is_stopping()) break;
    sweeper.do_run(run, voice);
  }
  std::int64_t const n_failed = world.max(sweeper.n_failed());
  std::array<double, 1> n_done{sweeper.is_root() ? static_cast<double>(sweeper.n_done()) : 0.0};
  world.sum(n_done);
  bool are_all_finished = false;
  on_root(world, [&] { are_all_finished = tell_states(world, plan, folder, n_done[0]); });
  bool const is_stopped = world.max(sweeper.is_stopping() ? 1 : 0) == 1;
  if (n_failed > 0 && !is_stopped) return ExitCode::failed;
  return world.max(are_all_finished ? 1 : 0) == 1 ? ExitCode::finished : ExitCode::stopped;
}

int asked_groups(std::string const& text, Communicator const& comm) {
  int n_groups = 1;
  if (text.empty() || (read_number(text, n_groups) && n_groups >= 1 && n_groups <= comm.size()))
    return n_groups;
  throw ConfigurationError("--groups " + text + ": an integer 1.." + std::to_string(comm.size()) +
                           ", at most the number of ranks; start more with mpirun -n");
}

}  // namespace

int sweep_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  SweepPlan const plan = read_sweep(context, arguments);
  if (arguments.has("list")) {
    say(context.comm, arguments.has("tsv") ? tsv_of(plan) : list_of(plan));
    return static_cast<int>(ExitCode::finished);
  }
  StopRequest const stop(arguments.value("max-minutes"));
  fs::path const folder = arguments.value("out");
  if (arguments.has("status"))
    return tell_status(context.comm, arguments,
                       [&] { return status_of_sweep(plan.sweep, plan.runs, folder); });
  int const n_groups = asked_groups(arguments.value("groups"), context.comm);
  on_root(context.comm, [&] {
    std::error_code ignored;
    if (fs::equivalent(arguments.value("config"), sweep_file(folder), ignored))
      throw ConfigurationError("--out " + folder.string() + ": the sweep's own " +
                               sweep_file(folder).string() +
                               " would take the place of --config; choose another folder");
  });
  on_root(context.comm, [&] { store_sweep(folder, plan.sweep); });
  for (auto const& note : notes_of(plan)) say(context.comm, "note: " + note + "\n");
  return static_cast<int>(do_runs(context, plan, folder, n_groups, stop));
}

}  // namespace tvem
