#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/report/output.hpp"
#include "experiments/report/ranks.hpp"
#include "experiments/settings/sentences.hpp"
#include "experiments/sweep/status_text.hpp"
#include "framework/comm/communicator.hpp"
#include "framework/core/error.hpp"

namespace tvem {

/// An option of a command, besides the keys of the configuration.
struct CommandOption {
  std::string name;   // "out"
  std::string value;  // what the value is called in the help; empty for a switch
  std::string meaning;
};

struct Arguments {
  std::vector<std::pair<std::string, std::string>> options;  // those given, by name and value
  std::vector<std::string> rest;                             // everything else, in order

  bool has(std::string const& name) const;
  /// The option's value, empty when it was not given.
  std::string value(std::string const& name) const;
};

struct CommandContext {
  Communicator comm;
  Arguments arguments;
  std::string command_line;  // whole, as provenance records it
};

/// The words that a command takes beside its options: keys of the configuration, one path, or
/// nothing.
enum class Takes { keys, path, nothing };

/// A command: a row of the table in main.cpp. The frame parses its arguments, and answers --help.
struct Command {
  std::string name;
  std::string summary;                 // one line
  std::string usage;                   // what follows "usage: "
  std::string explanation;             // paragraphs of the help
  std::vector<CommandOption> options;  // without --help
  Takes takes = Takes::keys;
  bool is_parallel = false;  // for several ranks; else the first process does it, without MPI
  std::string (*further_help)() = nullptr;
  /// Collective where the command is parallel. Throws ConfigurationError and others (main.cpp).
  ExitCode (*run)(CommandContext const& context) = nullptr;
};

// One in each file NAME_command.cpp.
Command run_command();
Command evaluate_command();
Command probe_command();
Command tasks_command();
Command sweep_command();
Command status_command();
Command collect_command();
Command report_command();
Command cluster_command();

/// Splits the words behind a command. Throws ConfigurationError for an option without its value, an
/// option that comes twice, and words that the command does not take.
Arguments parse_arguments(Command const& command, std::vector<std::string> const& words);

std::string help_of(Command const& command);

/// Collective. The text of the file of --config, which rank 0 reads; empty without. Throws
/// ConfigurationError on all ranks when it cannot be read.
std::string configuration_file_text(CommandContext const& context);

/// Collective. Looks on rank 0, prints what it sees in the form that --tsv asks for, and returns
/// the exit code.
ExitCode tell_status(CommandContext const& context, std::function<StatusText()> const& look);

}  // namespace tvem
