#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>

#include "command_line.hpp"
#include "config_input.hpp"
#include "formatting.hpp"
#include "progress.hpp"
#include "run_claim.hpp"
#include "run_job.hpp"
#include "sweep_state.hpp"
#include "tvem/comm/collective_errors.hpp"
#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"
#include "tvem/io/config.hpp"
#include "tvem/io/identity.hpp"
#include "tvem/io/sweep.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

std::vector<OwnOption> const options{
    {"config", "FILE", "configuration, an INI file with a section [sweep]"},
    {"out", "DIR", "folder of the sweep; a folder in it for each run. Run again, it goes on"},
    {"list", "", "print the runs and do nothing"},
    {"tsv", "", "with --list: index, id and a column for each axis, separated by tabs"},
    {"groups", "G", "ranks share into so many groups, each with a run of its own at a time [1]"},
    {"index", "I", "do run I of the list alone, from 0, as a Slurm array does"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem sweep --out DIR [--config FILE] [--SECTION.KEY VALUE ...] [--sweep.KEY LIST "
         "...]\n"
         "       tvem sweep --list [--tsv] --config FILE ...\n\n"
         "Runs every combination of the values in the section [sweep]. A group of ranks takes the "
         "next run\nthat nobody has: another group, or another job on the same folder. Finished "
         "runs are left as they\nare; a run that fails is recorded, and the others go on.\n\n"
         "  [sweep]\n"
         "  model.layers = 1, 2, 4                      an axis: a key and its values\n"
         "  run.seed = 1..5                             the integers from 1 to 5\n"
         "  model.width & model.heads = 32 & 2, 64 & 4  keys that change together\n"
         "  skip = model.layers > 2 and run.seed > 3    combinations to leave out (and, or)\n\n" +
         options_help(options) + "\nThe keys are those of tvem run --help.\n";
}

/// "run 3 (model.heads = 3): " before what is wrong with a run, each problem once.
void add_problems_of_runs(Sweep const& sweep, std::vector<std::string>& problems) {
  constexpr std::size_t most = 10;
  std::set<std::string> known;
  for (std::size_t run = 0; run < sweep.runs.size() && known.size() < most; ++run) {
    Settings const settings = sweep.settings_of(run);
    auto of_run = contradictions(settings);
    for (auto const& problem : module_problems(settings)) of_run.push_back(problem);
    for (auto const& problem : of_run)
      if (known.insert(problem).second)
        problems.push_back("run " + std::to_string(run) + " (" + sweep.text_of(run) +
                           "): " + problem);
  }
}

/// Collective. The sweep that is asked for.
Sweep read_sweep(CommandContext const& context, SplitArguments const& arguments) {
  std::string const path = arguments.value("config");
  std::string const text = read_config_text(context.comm, path);
  std::vector<std::string> problems;
  Sweep sweep = parse_sweep(text, path, arguments.rest, problems);
  if (problems.empty()) add_problems_of_runs(sweep, problems);
  if (!arguments.has("out") && !arguments.has("list"))
    problems.push_back("--out DIR is missing: the folder that the sweep writes");
  if (arguments.has("tsv") && !arguments.has("list"))
    problems.push_back("--tsv is a form of --list; give both");
  if (arguments.has("list") && arguments.has("index"))
    problems.push_back("--list prints all runs and --index does one; give one of them");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return sweep;
}

std::string tsv(Sweep const& sweep) {
  std::string text = "index\tid";
  for (SweepAxis const& axis : sweep.axes)
    for (std::string const& key : axis.keys) text += "\t" + key;
  text += "\n";
  for (std::size_t run = 0; run < sweep.runs.size(); ++run) {
    text += std::to_string(run) + "\t" + run_id(sweep.settings_of(run));
    for (std::size_t a = 0; a < sweep.axes.size(); ++a)
      for (auto const& value : sweep.axes[a].values[sweep.runs[run][a]]) text += "\t" + value;
    text += "\n";
  }
  return text;
}

std::string list(Sweep const& sweep) {
  std::string text;
  for (std::size_t run = 0; run < sweep.runs.size(); ++run)
    text +=
        format("%6zu  ", run) + run_id(sweep.settings_of(run)) + "  " + sweep.text_of(run) + "\n";
  return text;
}

/// Does runs that nobody else has, one after another, on a group of ranks, and tells how it goes.
class Sweeper {
 public:
  Sweeper(Communicator group, std::string command_line, Sweep const& sweep, fs::path folder)
      : group_(std::move(group)),
        command_line_(std::move(command_line)),
        sweep_(sweep),
        folder_(std::move(folder)) {}

  /// Collective in the group.
  void do_run(std::size_t run, Voice voice) {
    Settings const settings = sweep_.settings_of(run);
    fs::path const folder = folder_ / run_id(settings);
    std::unique_ptr<RunClaim> claim;
    on_root(group_, [&] { claim = RunClaim::take(claim_file(folder)); });
    if (group_.max(claim ? 1 : 0) == 0) return;
    auto const start = std::chrono::steady_clock::now();
    std::string outcome;
    try {
      bool const was_work = run_job(settings, folder, group_, command_line_, voice, [&] {
        if (claim) claim->renew();
      });
      if (group_.is_root()) clear_failure(folder);
      if (!was_work) return;
      ++n_done_;
      outcome = "finished";
    } catch (ConfigurationError const& error) {
      outcome = failure(folder, error.what());
    } catch (TrainingDiverged const& error) {
      outcome = failure(folder, error.what());
    } catch (Error const& error) {
      // Of one rank alone, perhaps: the others may be waiting, and only the end of all helps.
      if (group_.size() > 1) throw;
      outcome = failure(folder, error.what());
    }
    std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
    say(group_, "run " + std::to_string(run) + " of " + std::to_string(sweep_.runs.size()) + ", " +
                    run_id(settings) + " (" + sweep_.text_of(run) + "): " + outcome +
                    (outcome == "finished" ? " in " + duration_text(time.count()) : "") + "\n");
  }

  bool is_root() const { return group_.is_root(); }
  int n_done() const { return n_done_; }
  int n_failed() const { return n_failed_; }

 private:
  std::string failure(fs::path const& folder, std::string const& message) {
    on_root(group_, [&] { record_failure(folder, message); });
    ++n_failed_;
    return "failed: " + message;
  }

  Communicator group_;
  std::string command_line_;
  Sweep const& sweep_;
  fs::path folder_;
  int n_done_ = 0, n_failed_ = 0;
};

/// Some runs of a sweep, from first to end.
struct RunRange {
  std::size_t first, end;
};

/// "10 runs: 8 finished, 1 running, ..."; whether all are finished.
bool tell_states(Communicator const& comm, Sweep const& sweep, RunRange runs,
                 fs::path const& folder, double n_done) {
  StateCounts counts;
  for (std::size_t run = runs.first; run < runs.end; ++run) {
    Settings const settings = sweep.settings_of(run);
    counts.add(status_of_run(folder / run_id(settings), settings).state);
  }
  say(comm, counts.text() + format("; %.0f done now. tvem status ", n_done) + folder.string() +
                " shows them\n");
  return counts.are_all_finished();
}

/// Collective. Shares the ranks into groups, which do the runs.
ExitCode do_runs(CommandContext const& context, Sweep const& sweep, RunRange runs,
                 fs::path const& folder, int n_groups) {
  Communicator const& world = context.comm;
  Voice const voice = runs.end - runs.first == 1 && n_groups == 1 ? Voice::aloud : Voice::silent;
  Sweeper sweeper(world.split(world.rank() * n_groups / world.size()), context.command_line, sweep,
                  folder);
  for (std::size_t run = runs.first; run < runs.end; ++run) sweeper.do_run(run, voice);
  std::int64_t const n_failed = world.max(sweeper.n_failed());
  std::array<double, 1> n_done{sweeper.is_root() ? static_cast<double>(sweeper.n_done()) : 0.0};
  world.sum(n_done);
  bool are_all_finished = false;
  on_root(world, [&] { are_all_finished = tell_states(world, sweep, runs, folder, n_done[0]); });
  if (n_failed > 0) return ExitCode::failed;
  return world.max(are_all_finished ? 1 : 0) == 1 ? ExitCode::finished : ExitCode::stopped;
}

int asked_groups(std::string const& text, Communicator const& comm) {
  int n_groups = 1;
  if (text.empty() || (read_number(text, n_groups) && n_groups >= 1 && n_groups <= comm.size()))
    return n_groups;
  throw ConfigurationError("--groups " + text + ": an integer 1.." + std::to_string(comm.size()) +
                           ", at most the number of ranks; start more with mpirun -n");
}

/// The run of --index.
std::size_t asked_run(std::string const& text, Sweep const& sweep) {
  std::size_t run = 0;
  if (read_number(text, run) && run < sweep.runs.size()) return run;
  throw ConfigurationError("--index " + text + ": an integer 0.." +
                           std::to_string(sweep.runs.size() - 1) +
                           "; tvem sweep --list shows them");
}

}  // namespace

int sweep_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  Sweep const sweep = read_sweep(context, arguments);
  if (arguments.has("list")) {
    say(context.comm, arguments.has("tsv") ? tsv(sweep) : list(sweep));
    return static_cast<int>(ExitCode::finished);
  }
  fs::path const folder = arguments.value("out");
  int const n_groups = asked_groups(arguments.value("groups"), context.comm);
  RunRange runs{0, sweep.runs.size()};
  if (arguments.has("index")) {
    runs.first = asked_run(arguments.value("index"), sweep);
    runs.end = runs.first + 1;
  }
  on_root(context.comm, [&] { store_sweep(folder, sweep); });
  return static_cast<int>(do_runs(context, sweep, runs, folder, n_groups));
}

}  // namespace tvem
