#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <limits>
#include <memory>
#include <numeric>
#include <set>

#include "command_line.hpp"
#include "config_input.hpp"
#include "evaluation_job.hpp"
#include "formatting.hpp"
#include "progress.hpp"
#include "run_claim.hpp"
#include "run_job.hpp"
#include "stop_request.hpp"
#include "sweep_state.hpp"
#include "tvem/comm/collective_errors.hpp"
#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"
#include "tvem/io/config.hpp"
#include "tvem/io/evaluation_file.hpp"
#include "tvem/io/sweep_runs.hpp"
#include "tvem/train/evaluation.hpp"
#include "unused_keys.hpp"

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

/// A sweep and what it has to do.
struct SweepPlan {
  Sweep sweep;
  std::vector<SweepRun> runs;         // those that are asked for
  std::size_t first = 0, n_runs = 0;  // the place of the first among all
};

/// What is wrong with the settings that a run needs.
std::vector<std::string> problems_of_run(Sweep const& sweep, SweepRun const& run) {
  auto const problems_of = [](Settings const& settings) {
    auto problems = contradictions(settings);
    for (auto const& problem : module_problems(settings)) problems.push_back(problem);
    return problems;
  };
  if (!run.is_training) return problems_of(baseline_settings(sweep, run.cell));
  Settings const trained = training_settings(sweep, run.cell);
  auto problems = problems_of(trained);
  for (std::size_t const cell : run.evaluations) {
    Settings const asked = model_evaluation_settings(sweep, cell);
    for (auto const& problem : problems_of(asked)) problems.push_back(problem);
    for (auto const& problem : domain_problems(trained, asked)) problems.push_back(problem);
  }
  return problems;
}

/// "run 3 (model.heads = 3): " before what is wrong with a run, each problem once.
void add_problems_of_runs(SweepPlan const& plan, std::vector<std::string>& problems) {
  constexpr std::size_t most = 10;
  std::set<std::string> known;
  for (std::size_t run = 0; run < plan.runs.size() && known.size() < most; ++run)
    for (auto const& problem : problems_of_run(plan.sweep, plan.runs[run]))
      if (known.insert(problem).second)
        problems.push_back("run " + std::to_string(run) + " (" +
                           text_of(plan.sweep, plan.runs[run]) + "): " + problem);
}

/// Collective. The sweep that is asked for.
SweepPlan read_sweep(CommandContext const& context, SplitArguments const& arguments) {
  std::string const path = arguments.value("config");
  std::string const text = read_config_text(context.comm, path);
  std::vector<std::string> problems;
  SweepPlan plan;
  plan.sweep = parse_sweep(text, path, arguments.rest, problems);
  if (problems.empty()) {
    plan.runs = runs_of(plan.sweep);
    plan.n_runs = plan.runs.size();
    if (plan.runs.empty())
      problems.push_back(
          "sweep: eval.estimators leaves nothing to do: there is no guess to start "
          "from in any of the cells");
    add_problems_of_runs(plan, problems);
  }
  if (!arguments.has("out") && !arguments.has("list"))
    problems.push_back("--out DIR is missing: the folder that the sweep writes");
  if (arguments.has("tsv") && !arguments.has("list"))
    problems.push_back("--tsv is a form of --list; give both");
  if (arguments.has("list") && arguments.has("index"))
    problems.push_back("--list prints all runs and --index does one; give one of them");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return plan;
}

std::string tsv(SweepPlan const& plan) {
  std::string text = "index\tid";
  for (SweepAxis const& axis : plan.sweep.axes)
    for (SweptKey const& key : axis.keys) text += "\t" + key.name;
  text += "\n";
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    text += std::to_string(run) + "\t" + plan.runs[run].id;
    for (auto const& [name, value] : values_of(plan.sweep, plan.runs[run])) text += "\t" + value;
    text += "\n";
  }
  return text;
}

std::string list(SweepPlan const& plan) {
  std::string text;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    std::size_t const n_evaluations = plan.runs[run].evaluations.size();
    text +=
        format("%6zu  ", run) + plan.runs[run].id + "  " + text_of(plan.sweep, plan.runs[run]) +
        (n_evaluations > 0 ? ", " + std::to_string(n_evaluations) + " further evaluations" : "") +
        "\n";
  }
  return text;
}

/// Shows how far the whole sweep is: a line on a terminal, written over. On the first rank alone.
class SweepDisplay {
 public:
  SweepDisplay(SweepPlan const& plan, fs::path const& folder, bool is_active)
      : states_(plan.sweep, plan.runs, folder),
        is_active_(is_active),
        is_terminal_(is_active && output_is_terminal()) {}

  /// The text of the files' present state.
  std::string text() {
    if (!is_active_) return "";
    auto const start = Clock::now();
    states_.refresh();
    looked_ = Clock::now();
    look_took_ = looked_ - start;
    return states_.progress_text();
  }

  /// To be called often: looks at the files now and then, and never for most of the time.
  void refresh() {
    auto const since = Clock::now() - looked_;
    if (!is_terminal_ || since < std::chrono::seconds(2) || since < 20 * look_took_) return;
    line_.show(text());
  }
  void clear() { line_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;
  SweepStates states_;
  bool is_active_, is_terminal_;
  StatusLine line_;
  Clock::time_point looked_{};
  Clock::duration look_took_{};
};

/// Does runs that nobody else has, one after another, on a group of ranks, and tells how it goes.
class Sweeper {
 public:
  /// started_at: when the sweep was, on the clock of its file system. is_display: whether this
  /// process shows the progress of all. plan, stop: must outlive this.
  Sweeper(Communicator group, std::string command_line, SweepPlan const& plan, fs::path folder,
          StopRequest const& stop, fs::file_time_type started_at, bool is_display)
      : group_(std::move(group)),
        command_line_(std::move(command_line)),
        plan_(plan),
        folder_(std::move(folder)),
        stop_(stop),
        started_at_(started_at),
        states_(plan.sweep, plan.runs, folder_),
        display_(plan, folder_, is_display) {}

  /// Collective in the group. Whether one of its ranks has been asked to stop.
  bool is_stopping() const { return is_stopped_ || group_.max(stop_.is_there() ? 1 : 0) == 1; }

  /// Collective in the group.
  void do_run(std::size_t index, Voice voice) {
    SweepRun const& run = plan_.runs[index];
    fs::path const folder = folder_ / run.id;
    if (!is_left_to_do(index)) return;
    auto const start = std::chrono::steady_clock::now();
    std::unique_ptr<RunClaim> claim;
    std::string outcome;
    try {
      on_root(group_, [&] { claim = RunClaim::take(claim_file(folder)); });
      if (group_.max(claim ? 1 : 0) == 0) return;
      WorkHooks const hooks{.on_alive =
                                [&] {
                                  claim->renew();
                                  if (voice == Voice::silent) display_.refresh();
                                },
                            .wants_stop = [&] { return stop_.is_there(); }};
      bool const was_work = run.is_training ? train(run, folder, voice, hooks)
                                            : evaluate_baselines(run, voice, hooks);
      if (group_.is_root()) clear_failure(folder);
      if (!was_work) return;
      ++n_done_;
      outcome = "finished";
    } catch (StoppedOnRequest const& error) {
      is_stopped_ = true;
      outcome = error.what();
    } catch (ClaimLost const& error) {
      if (group_.size() > 1) throw;
      outcome = error.what();
    } catch (ConfigurationError const& error) {
      outcome = failure(folder, error.what());
    } catch (TrainingDiverged const& error) {
      outcome = failure(folder, error.what());
    } catch (std::exception const& error) {
      // Of one rank alone, perhaps: the others may be waiting, and only the end of all helps.
      if (group_.size() > 1) {
        try {
          record_failure(folder, error.what());
        } catch (std::exception const&) {
          // The first failure is the one to tell of.
        }
        throw;
      }
      outcome = failure(folder, error.what());
    }
    claim.reset();
    std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
    tell(index, outcome + (outcome == "finished" ? " in " + duration_text(time.count()) : ""));
  }

  bool is_root() const { return group_.is_root(); }
  int n_done() const { return n_done_; }
  int n_failed() const { return n_failed_; }

 private:
  /// Collective in the group, as its root sees it: not finished, and not failed since this sweep
  /// was started, by another group or job.
  bool is_left_to_do(std::size_t index) {
    bool is_left = false;
    if (group_.is_root()) {
      auto const failed_at = time_of_failure(folder_ / plan_.runs[index].id);
      is_left = states_.look_at(index).state != RunState::finished &&
                !(failed_at && *failed_at >= started_at_);
    }
    return group_.max(is_left ? 1 : 0) == 1;
  }

  /// The training, and the evaluations of its model. Whether there was anything left to do.
  bool train(SweepRun const& run, fs::path const& folder, Voice voice, WorkHooks const& hooks) {
    bool was_work = run_job(training_settings(plan_.sweep, run.cell), folder, group_, command_line_,
                            voice, hooks);
    std::optional<TrainedModel> model;
    for (std::size_t const cell : run.evaluations) {
      fs::path const file = folder_ / model_evaluation_file(plan_.sweep, cell);
      if (holds(file, model_evaluation_identity(plan_.sweep, cell))) continue;
      std::vector<std::string> warnings;
      if (!model) on_every_rank(group_, [&] { model = read_trained_model(folder, warnings); });
      evaluation_job({model_evaluation_settings(plan_.sweep, cell), model, file}, group_,
                     command_line_, voice, hooks);
      was_work = true;
    }
    return was_work;
  }

  bool evaluate_baselines(SweepRun const& run, Voice voice, WorkHooks const& hooks) {
    fs::path const file = folder_ / baseline_file(plan_.sweep, run.cell);
    if (holds(file, baseline_identity(plan_.sweep, run.cell))) return false;
    evaluation_job({baseline_settings(plan_.sweep, run.cell), {}, file}, group_, command_line_,
                   voice, hooks);
    return true;
  }

  /// Collective in the group, as its root sees it: whether the file holds this evaluation, whole.
  bool holds(fs::path const& file, std::string const& identity) const {
    return group_.max(group_.is_root() && evaluation_of_file(file) == identity ? 1 : 0) == 1;
  }

  void tell(std::size_t index, std::string const& outcome) {
    SweepRun const& run = plan_.runs[index];
    display_.clear();
    std::string const whole = display_.text();
    say(group_, "run " + std::to_string(plan_.first + index) + " of " +
                    std::to_string(plan_.n_runs) + ", " + run.id + " (" +
                    text_of(plan_.sweep, run) + "): " + outcome +
                    (whole.empty() ? "" : "; " + whole) + "\n");
  }

  std::string failure(fs::path const& folder, std::string const& message) {
    on_root(group_, [&] { record_failure(folder, message); });
    ++n_failed_;
    return "failed: " + message;
  }

  Communicator group_;
  std::string command_line_;
  SweepPlan const& plan_;
  fs::path folder_;
  StopRequest const& stop_;
  fs::file_time_type started_at_;
  SweepStates states_;
  SweepDisplay display_;
  bool is_stopped_ = false;
  int n_done_ = 0, n_failed_ = 0;
};

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

/// Keys without effect on the cell's model and baselines, on the terms of `asked`.
std::vector<std::string> notes_of_cell(SweepPlan const& plan, std::size_t cell, Settings asked) {
  auto const baselines = baseline_settings(plan.sweep, cell).eval.estimators;
  asked.eval.estimators = training_settings(plan.sweep, cell).eval.estimators;
  asked.eval.estimators.insert(asked.eval.estimators.end(), baselines.begin(), baselines.end());
  return unused_keys(asked);
}

/// Keys that no part of a run reads, each once; of a large sweep those of its first runs.
std::vector<std::string> notes_of(SweepPlan const& plan) {
  constexpr std::size_t most_runs = 200, most_notes = 10;
  std::vector<std::string> notes;
  for (std::size_t r = 0; r < std::min(plan.runs.size(), most_runs); ++r) {
    SweepRun const& run = plan.runs[r];
    if (!run.is_training) continue;
    auto of_run = notes_of_cell(plan, run.cell, plan.sweep.training_of(run.cell));
    for (std::size_t const cell : run.evaluations) {
      auto const others = notes_of_cell(plan, cell, plan.sweep.evaluation_of(cell));
      std::erase_if(of_run, [&](auto const& note) {
        return std::find(others.begin(), others.end(), note) == others.end();
      });
    }
    for (auto const& note : of_run)
      if (notes.size() < most_notes && std::find(notes.begin(), notes.end(), note) == notes.end())
        notes.push_back(note);
  }
  return notes;
}

}  // namespace

int sweep_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  SweepPlan plan = read_sweep(context, arguments);
  if (arguments.has("list")) {
    say(context.comm, arguments.has("tsv") ? tsv(plan) : list(plan));
    return static_cast<int>(ExitCode::finished);
  }
  fs::path const folder = arguments.value("out");
  int const n_groups = asked_groups(arguments.value("groups"), context.comm);
  on_root(context.comm, [&] {
    std::error_code ignored;
    if (fs::equivalent(arguments.value("config"), sweep_file(folder), ignored))
      throw ConfigurationError("--out " + folder.string() + ": the sweep's own " +
                               sweep_file(folder).string() +
                               " would take the place of --config; choose another folder");
  });
  if (arguments.has("index")) {
    plan.first = place_in(arguments.value("index"), plan.runs.size());
    plan.runs = {plan.runs[plan.first]};
  }
  StopRequest const stop(arguments.value("max-minutes"));
  on_root(context.comm, [&] { store_sweep(folder, plan.sweep); });
  for (auto const& note : notes_of(plan)) say(context.comm, "note: " + note + "\n");
  return static_cast<int>(do_runs(context, plan, folder, n_groups, stop));
}

}  // namespace tvem
