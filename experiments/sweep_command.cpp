#include <chrono>
#include <filesystem>
#include <set>

#include "command_line.hpp"
#include "config_input.hpp"
#include "formatting.hpp"
#include "progress.hpp"
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
    {"index", "I", "do run I of the list alone, from 0, as a Slurm array does"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem sweep --out DIR [--config FILE] [--SECTION.KEY VALUE ...] [--sweep.KEY LIST "
         "...]\n"
         "       tvem sweep --list [--tsv] --config FILE ...\n\n"
         "Runs every combination of the values in the section [sweep], one after another, each on "
         "all\nranks; finished runs are left as they are. A run that fails is recorded, and the "
         "others go on.\n\n"
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

/// Does runs one after another and tells how it goes.
class Sweeper {
 public:
  Sweeper(CommandContext const& context, Sweep const& sweep, fs::path folder)
      : context_(context), sweep_(sweep), folder_(std::move(folder)) {}

  /// Collective.
  void do_run(std::size_t run, Voice voice) {
    Settings const settings = sweep_.settings_of(run);
    fs::path const folder = folder_ / run_id(settings);
    auto const start = std::chrono::steady_clock::now();
    std::string outcome;
    try {
      bool const was_work = run_job(settings, folder, context_.comm, context_.command_line, voice);
      if (context_.comm.is_root()) clear_failure(folder);
      ++(was_work ? n_finished_ : n_before_);
      outcome = was_work ? "finished" : "was finished";
    } catch (ConfigurationError const& error) {
      outcome = failure(folder, error.what());
    } catch (TrainingDiverged const& error) {
      outcome = failure(folder, error.what());
    } catch (Error const& error) {
      // Of one rank alone, perhaps: the others may be waiting, and only the end of all helps.
      if (context_.comm.size() > 1) throw;
      outcome = failure(folder, error.what());
    }
    std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
    tell(run, settings, outcome, time.count());
  }

  bool has_failed() const { return n_failed_ > 0; }

  std::string summary() const {
    return std::to_string(n_finished_ + n_before_) + " finished" +
           (n_before_ > 0 ? ", " + std::to_string(n_before_) + " of them before" : "") +
           (n_failed_ > 0 ? ", " + std::to_string(n_failed_) + " failed" : "") + "; tvem status " +
           folder_.string() + " shows them\n";
  }

 private:
  std::string failure(fs::path const& folder, std::string const& message) {
    on_root(context_.comm, [&] { record_failure(folder, message); });
    ++n_failed_;
    return "failed: " + message;
  }

  void tell(std::size_t run, Settings const& settings, std::string const& outcome, double seconds) {
    if (outcome == "finished") seconds_ += seconds;
    std::size_t const n_left = sweep_.runs.size() - n_finished_ - n_before_ - n_failed_;
    std::string text = "run " + std::to_string(run) + " of " + std::to_string(sweep_.runs.size()) +
                       ", " + run_id(settings) + " (" + sweep_.text_of(run) + "): " + outcome;
    if (outcome == "finished") text += " in " + duration_text(seconds);
    if (n_left > 0 && n_finished_ > 0)
      text +=
          "; " + std::to_string(n_left) + " left, about " +
          duration_text(seconds_ / static_cast<double>(n_finished_) * static_cast<double>(n_left));
    say(context_.comm, text + "\n");
  }

  CommandContext const& context_;
  Sweep const& sweep_;
  fs::path folder_;
  std::size_t n_finished_ = 0, n_before_ = 0, n_failed_ = 0;
  double seconds_ = 0;  // of the runs finished now
};

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
  Sweeper sweeper(context, sweep, folder);
  std::size_t const first = arguments.has("index") ? asked_run(arguments.value("index"), sweep) : 0;
  std::size_t const end = arguments.has("index") ? first + 1 : sweep.runs.size();
  on_root(context.comm, [&] { store_sweep(folder, sweep); });
  for (std::size_t run = first; run < end; ++run)
    sweeper.do_run(run, arguments.has("index") ? Voice::aloud : Voice::silent);
  say(context.comm, sweeper.summary());
  return static_cast<int>(sweeper.has_failed() ? ExitCode::failed : ExitCode::finished);
}

}  // namespace tvem
