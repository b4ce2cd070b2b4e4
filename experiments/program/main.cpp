// The program `tvem`: finds the subcommand, and turns failures into a message and an exit code.
#include <algorithm>
#include <csignal>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "experiments/program/command.hpp"
#include "experiments/program/launch.hpp"
#include "experiments/report/output.hpp"
#include "framework/comm/session.hpp"
#include "framework/core/build_info.hpp"
#include "framework/core/error.hpp"
#include "framework/core/processor/instruction_set.hpp"
#include "framework/core/text.hpp"
#include "framework/nn/cache/blocking.hpp"
#include "io/fs.hpp"

namespace tvem {
namespace {

std::vector<Command> const& commands() {
  static std::vector<Command> const table{run_command(),     evaluate_command(), probe_command(),
                                          tasks_command(),   sweep_command(),    status_command(),
                                          collect_command(), report_command(),   cluster_command()};
  return table;
}

Command const* find_command(std::string const& name) {
  auto const found = std::find_if(commands().begin(), commands().end(),
                                  [&](Command const& command) { return command.name == name; });
  return found == commands().end() ? nullptr : &*found;
}

std::string program_help() {
  std::string text =
      "tvem: what Transformers learn about clustering, against the EM algorithm\n\n"
      "usage: tvem COMMAND [options]          tvem COMMAND --help\n"
      "       mpirun -n RANKS tvem COMMAND [options]\n\ncommands\n";
  for (auto const& command : commands())
    text += fmt::format("  {:<10}{}\n", command.name, command.summary);
  return text + "\n  --help, --version\n";
}

std::string version_text() {
  BuildInfo const& build = build_info();
  return fmt::format(
      "tvem {} ({})\ncompiler   {}, {}, flags {}\nlibraries  {}\nrunning on {}, instruction set "
      "{}\n",
      build.version, build.git_revision, build.compiler, build.build_type, build.flags,
      build.libraries, MpiSession::library(), name_of(instruction_set_in_use()));
}

/// Whether the command needs MPI. Help and reading do not: login nodes may refuse to start MPI.
bool needs_mpi(std::vector<std::string> const& words) {
  Command const* const command = words.empty() ? nullptr : find_command(words[0]);
  auto const is_without = [](std::string const& word) {
    return word == "--help" || word == "-h" || word == "--status" || word == "--list";
  };
  return command && command->is_parallel && std::none_of(words.begin(), words.end(), is_without);
}

ExitCode run_words(Communicator const& comm, std::vector<std::string> const& words) {
  if (words.empty()) throw ConfigurationError("no command given; see tvem --help");
  bool const is_help = words[0] == "--help" || words[0] == "-h";
  if (is_help || words[0] == "--version") {
    say(comm, is_help ? program_help() : version_text());
    return ExitCode::finished;
  }
  Command const* const command = find_command(words[0]);
  if (!command) {
    std::vector<std::string> names;
    for (auto const& known : commands()) names.push_back(known.name);
    throw ConfigurationError(
        fmt::format("unknown command \"{}\"; the commands are {}", words[0], joined(names)));
  }
  instruction_set_in_use();  // throws where the environment asks for another
  blocking();                // for its caches, likewise
  if (needs_mpi(words)) check_launch(comm);
  auto const arguments = parse_arguments(*command, {words.begin() + 1, words.end()});
  if (!arguments.has("help")) return command->run({comm, arguments, "tvem " + joined(words, " ")});
  say(comm, help_of(*command));
  return ExitCode::finished;
}

ExitCode dispatch(Communicator const& comm, std::vector<std::string> const& words) {
  try {
    return run_words(comm, words);
  } catch (fs::filesystem_error const& error) {
    std::rethrow_exception(explained(error));
  }
}

/// The exit code of finished work, also when its results could not be shown.
ExitCode shown(ExitCode code) {
  std::string const problem = output_problem();
  if (problem.empty()) return code;
  std::cerr << "tvem: " + problem + "\n" << std::flush;
  return code == ExitCode::finished ? ExitCode::failed : code;
}

/// Prints a line for each problem. When all ranks have found the same, only rank 0 speaks. A rank
/// that is alone with its problems ends all.
ExitCode leave(std::optional<MpiSession> const& session, Communicator const& comm,
               std::vector<std::string> const& problems, ExitCode code) {
  bool const are_all_here = comm.size() == 1 || session->do_all_arrive();
  std::string const rank = are_all_here ? "" : fmt::format("rank {}: ", comm.rank());
  std::string text;
  for (auto const& problem : problems) text += fmt::format("tvem: {}{}\n", rank, problem);
  if (comm.is_root() || !are_all_here) std::cerr << text << std::flush;
  if (!are_all_here) session->abort(code);
  return code;
}

/// The failure may be of one rank alone: the others may be waiting for it, so all end.
ExitCode fail(std::optional<MpiSession> const& session, Communicator const& comm,
              std::string const& message) {
  std::cerr << fmt::format("tvem: rank {}: {}\n", comm.rank(), message) << std::flush;
  if (comm.size() > 1) session->abort(ExitCode::failed);
  return ExitCode::failed;
}

ExitCode run(std::optional<MpiSession> const& session, Communicator const& comm,
             std::vector<std::string> const& words) {
  try {
    return shown(dispatch(comm, words));
  } catch (ConfigurationError const& error) {
    return leave(session, comm, error.problems(), ExitCode::wrong_input);
  } catch (TrainingDiverged const& error) {
    return leave(session, comm, {error.what()}, ExitCode::failed);
  } catch (StoppedOnRequest const& error) {
    say(comm, fmt::format("tvem: {}; run the same command again to go on\n", error.what()));
    return ExitCode::stopped;
  } catch (std::bad_alloc const&) {
    return fail(
        session, comm,
        "out of memory; in training attention needs n^2 numbers a head for the n points of a "
        "task, and activations grow with task.points, model.width and parallel.chunk: lower "
        "one of them, or use fewer points or ranks a node");
  } catch (std::exception const& error) {
    return fail(session, comm, error.what());
  }
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
  return static_cast<int>(run(session, comm, words));
}
