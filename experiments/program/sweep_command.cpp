#include <array>
#include <cmath>
#include <limits>

#include "experiments/program/command.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/stop_request.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/states.hpp"
#include "experiments/sweep/stored_sweep.hpp"
#include "experiments/sweep/sweeper.hpp"
#include "framework/core/text.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

std::vector<std::string> option_problems(Arguments const& arguments) {
  std::vector<std::string> problems;
  bool const is_list = arguments.has("list");
  if (!arguments.has("out") && !is_list)
    problems.emplace_back("--out DIR is missing: the folder that the sweep writes");
  if (arguments.has("tsv") && !is_list && !arguments.has("status"))
    problems.emplace_back("--tsv is a form of --list and --status; give one of them with it");
  if (is_list && arguments.has("status"))
    problems.emplace_back("--list prints the runs and --status how far they are; give one of them");
  if (is_list && arguments.has("index"))
    problems.emplace_back("--list prints all runs and --index does one; give one of them");
  return problems;
}

/// Collective. The sweep that is asked for.
SweepPlan read_sweep(CommandContext const& context) {
  Arguments const& arguments = context.arguments;
  std::string const text = configuration_file_text(context);
  std::vector<std::string> problems;
  SweepPlan plan = plan_sweep(text, arguments.value("config"), arguments.rest, problems);
  append(problems, option_problems(arguments));
  refuse_if_any(problems);
  if (arguments.has("index")) keep_run(plan, arguments.value("index"));
  return plan;
}

/// Prints "10 runs: 8 finished, 1 running, ...". Returns whether all are finished.
bool tell_states(Communicator const& comm, SweepPlan const& done, fs::path const& folder,
                 std::int64_t n_done) {
  SweepStates states(done.runs, folder);
  states.refresh();
  StateCounts const counts = states.counts();
  say(comm,
      fmt::format("{}; {} done now. tvem status {} shows them\n", counts.text(), n_done, folder));
  return counts.are_all_finished();
}

/// Collective. The time when this start wrote its configuration.
fs::file_time_type started_at(Communicator const& world, fs::path const& folder) {
  std::int64_t count = std::numeric_limits<std::int64_t>::min();
  on_root(world,
          [&] { count = fs::last_write_time(sweep_file(folder)).time_since_epoch().count(); });
  return fs::file_time_type(fs::file_time_type::duration(world.max(count)));
}

/// Collective. The order of the runs: those that failed in an earlier start come last.
std::vector<std::size_t> order_of(Communicator const& world, SweepPlan const& plan,
                                  fs::path const& folder) {
  std::string has_failed(plan.runs.size(), '-');
  on_root(world, [&] {
    for (std::size_t run = 0; run < plan.runs.size(); ++run)
      if (time_of_failure(folder / plan.runs[run].id)) has_failed[run] = '+';
  });
  has_failed = world.broadcast(has_failed);
  std::vector<std::size_t> order;
  for (char const wanted : {'-', '+'})
    for (std::size_t run = 0; run < plan.runs.size(); ++run)
      if (has_failed[run] == wanted) order.push_back(run);
  return order;
}

/// Collective. Divides the ranks into groups, which do the runs.
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
  bool const has_failures = is_on_any_rank(world, sweeper.n_failed() > 0);
  std::array<double, 1> n_done{sweeper.is_root() ? 1.0 * sweeper.n_done() : 0.0};
  world.sum(n_done);
  bool const are_all_finished =
      root_finds(world, [&] { return tell_states(world, plan, folder, std::lround(n_done[0])); });
  bool const is_stopped = is_on_any_rank(world, sweeper.is_stopping());
  if (has_failures && !is_stopped) return ExitCode::failed;
  return are_all_finished ? ExitCode::finished : ExitCode::stopped;
}

int asked_groups(std::string const& text, Communicator const& comm) {
  int n_groups = 1;
  if (text.empty() || (read_number(text, n_groups) && n_groups >= 1 && n_groups <= comm.size()))
    return n_groups;
  throw ConfigurationError(fmt::format(
      "--groups {}: an integer 1..{}, at most the number of ranks; start more with mpirun -n", text,
      comm.size()));
}

/// Refuses a folder whose own configuration file would replace that of the user.
void check_is_not_configuration(fs::path const& folder, std::string const& configuration) {
  std::error_code ignored;
  if (fs::equivalent(configuration, sweep_file(folder), ignored))
    throw ConfigurationError(fmt::format(
        "--out {}: the sweep's own {} would take the place of --config; choose another folder",
        folder, sweep_file(folder)));
}

ExitCode run(CommandContext const& context) {
  Arguments const& arguments = context.arguments;
  SweepPlan const plan = read_sweep(context);
  if (arguments.has("list")) {
    say(context.comm, arguments.has("tsv") ? tsv_of(plan) : list_of(plan));
    return ExitCode::finished;
  }
  StopRequest const stop(arguments.value("max-minutes"));
  fs::path const folder = arguments.value("out");
  if (arguments.has("status"))
    return tell_status(context, [&] { return status_of_sweep(plan.runs, folder); });
  int const n_groups = asked_groups(arguments.value("groups"), context.comm);
  on_root(context.comm, [&] {
    check_is_not_configuration(folder, arguments.value("config"));
    store_sweep(folder, plan.sweep);
  });
  say_each(context.comm, "note", notes_of(plan));
  return do_runs(context, plan, folder, n_groups, stop);
}

constexpr auto explanation =
    "Trains every combination of the values in the section [sweep]. Baselines need no model: they "
    "are\nruns of their own, once for each distribution of tasks. A group of ranks takes the next "
    "run that\nnobody does: another group, or another job on the same folder, may do it. Finished "
    "runs stay\nas they are. A run that fails is recorded, and the others go on. tvem collect "
    "makes "
    "one labelled\narray of all.\n\n"
    "  [sweep]\n"
    "  model.layers = 1, 2, 4                      an axis: a key and its values\n"
    "  run.seed = 1..5                             the integers from 1 to 5\n"
    "  model.width & model.heads = 32 & 2, 64 & 4  keys that change together\n"
    "  evaluate.task.points = 25, 50               what the model meets, not trained anew\n"
    "  evaluate.task.family = light, heavy         families of tasks, see tvem run --help\n"
    "  skip = model.layers > 2 and run.seed > 3    combinations to leave out (and, or)\n";

std::vector<CommandOption> const options{
    {"config", "FILE", "configuration, an INI file with a section [sweep]"},
    {"out", "DIR", "folder of the sweep; a folder in it for each run. Run again, it goes on"},
    {"list", "", "print the runs and do nothing"},
    {"tsv", "",
     "separated by tabs: with --list index, id and a column for each axis; with\n"
     "--status run, state, steps and evaluations"},
    {"groups", "G", "ranks share into so many groups, each with a run of its own at a time [1]"},
    {"index", "I", "do run I of the list alone, from 0, as a Slurm array does"},
    {"status", "", "say how far it is and do nothing; exit code 0: finished, 75: not"},
    {"max-minutes", "M", "stop after so many minutes, to go on when started again (exit code 75)"}};

}  // namespace

Command sweep_command() {
  return {
      .name = "sweep",
      .summary = "a grid of runs over any keys",
      .usage =
          "tvem sweep --out DIR [--config FILE] [--SECTION.KEY VALUE ...] [--sweep.KEY LIST ...]\n"
          "       tvem sweep --list [--tsv] --config FILE ...",
      .explanation = explanation,
      .options = options,
      .is_parallel = true,
      .further_help = [] { return std::string("The keys are those of tvem run --help.\n"); },
      .run = &run};
}

}  // namespace tvem
