// The program `tvem`: finds the subcommand, and turns what went wrong into a message and an exit
// code.
#include <array>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "experiments/program/command_line.hpp"
#include "experiments/program/launch.hpp"
#include "experiments/report/output.hpp"
#include "framework/comm/session.hpp"
#include "framework/core/build_info.hpp"
#include "framework/core/error.hpp"
#include "framework/core/instruction_set.hpp"

namespace tvem {
namespace {

std::array<Command, 7> const commands{{
    {"run", "train a Transformer, evaluate it beside EM and the other baselines, write a folder",
     &run_command},
    {"evaluate", "a trained Transformer and the baselines on other distributions of tasks",
     &evaluate_command},
    {"sweep", "a grid of runs over any keys", &sweep_command},
    {"status", "the state of a run, or of all runs of a sweep, from their files", &status_command},
    {"collect", "one file of a sweep's results, its axes as dimensions", &collect_command},
    {"report", "show the comparison table of a run, an evaluation or a sweep", &report_command},
    {"cluster", "cluster your own points with a trained Transformer and with EM", &cluster_command},
}};

std::string program_help() {
  std::string text =
      "tvem: what Transformers learn about clustering, against the EM algorithm\n\n"
      "usage: tvem COMMAND [options]          tvem COMMAND --help\n"
      "       mpirun -n RANKS tvem COMMAND [options]\n\ncommands\n";
  for (auto const& command : commands) {
    std::string left = "  " + command.name;
    left.resize(12, ' ');
    text += left + command.summary + "\n";
  }
  return text + "\n  --help, --version\n";
}

std::string version_text() {
  BuildInfo const& build = build_info();
  return "tvem " + build.version + " (" + build.git_revision + ")\n" + "compiler   " +
         build.compiler + ", " + build.build_type + ", flags " + build.flags + "\nlibraries  " +
         build.libraries + "\nrunning on " + MpiSession::library() + ", instruction set " +
         std::string(name_of(best_instruction_set())) + "\n";
}

int run_words(Communicator const& comm, std::vector<std::string> const& words) {
  if (words.empty()) throw ConfigurationError("no command given; see tvem --help");
  if (words[0] == "--help" || words[0] == "-h") {
    say(comm, program_help());
    return 0;
  }
  if (words[0] == "--version") {
    say(comm, version_text());
    return 0;
  }
  std::string command_line = "tvem";
  for (auto const& word : words) command_line += " " + word;
  if (needs_mpi(words)) check_launch(comm);
  for (auto const& command : commands)
    if (command.name == words[0])
      return command.run({comm, {words.begin() + 1, words.end()}, command_line});
  std::string known;
  for (auto const& command : commands) known += (known.empty() ? "" : ", ") + command.name;
  throw ConfigurationError("unknown command \"" + words[0] + "\"; the commands are " + known);
}

int dispatch(Communicator const& comm, std::vector<std::string> const& words) {
  try {
    return run_words(comm, words);
  } catch (std::filesystem::filesystem_error const& error) {
    std::rethrow_exception(explained(error));
  }
}

/// The exit code of work that is done, also where its results could not be shown.
int shown(int code) {
  std::string const problem = output_problem();
  if (problem.empty()) return code;
  std::cerr << "tvem: " + problem + "\n" << std::flush;
  return code == 0 ? static_cast<int>(ExitCode::failed) : code;
}

/// One line a problem. Where all ranks have found the same, only rank 0 speaks; a rank that is
/// alone with its problems ends all.
int leave(std::optional<MpiSession> const& session, Communicator const& comm,
          std::vector<std::string> const& problems, ExitCode code) {
  bool const are_all_here = comm.size() == 1 || session->do_all_arrive();
  std::string const rank = are_all_here ? "" : "rank " + std::to_string(comm.rank()) + ": ";
  std::string text;
  for (auto const& problem : problems) text += "tvem: " + rank + problem + "\n";
  if (comm.is_root() || !are_all_here) std::cerr << text << std::flush;
  if (!are_all_here) session->abort(static_cast<int>(code));
  return static_cast<int>(code);
}

}  // namespace
}  // namespace tvem

int main(int argc, char** argv) {
  using namespace tvem;
  std::signal(SIGPIPE, SIG_IGN);  // a training outlives whoever reads of it
  std::vector<std::string> const words(argv + 1, argv + argc);
  std::optional<MpiSession> session;
  if (needs_mpi(words))
    session.emplace(argc, argv);
  else if (!is_first_process())
    return 0;
  Communicator const comm = session ? session->world() : Communicator::serial();
  auto const fail = [&](std::string const& message) {
    std::cerr << "tvem: rank " + std::to_string(comm.rank()) + ": " + message + "\n" << std::flush;
    // The other ranks may be waiting for this one: end them all.
    if (comm.size() > 1) session->abort(static_cast<int>(ExitCode::failed));
    return static_cast<int>(ExitCode::failed);
  };
  try {
    return shown(dispatch(comm, words));
  } catch (ConfigurationError const& error) {
    return leave(session, comm, error.problems(), ExitCode::wrong_input);
  } catch (TrainingDiverged const& error) {
    return leave(session, comm, {error.what()}, ExitCode::failed);
  } catch (StoppedOnRequest const& error) {
    say(comm, std::string("tvem: ") + error.what() + "; run the same command again to go on\n");
    return static_cast<int>(ExitCode::stopped);
  } catch (std::bad_alloc const&) {
    return fail(
        "out of memory; in training attention needs n^2 numbers a head for the n points of a task, "
        "and activations grow with task.points, model.width and parallel.chunk: lower one of "
        "them, or use fewer points or ranks a node");
  } catch (std::exception const& error) {
    return fail(error.what());
  }
}
