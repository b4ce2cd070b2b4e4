#pragma once

#include <string>
#include <vector>

#include "experiments/report/output.hpp"
#include "framework/comm/communicator.hpp"

namespace tvem {

/// What a subcommand is called with.
struct CommandContext {
  Communicator comm;
  std::vector<std::string> arguments;  // after the subcommand's name
  std::string command_line;            // whole, as provenance records it
};

/// A subcommand: its name, one line of help, and what it does, returning the exit code.
/// Collective: all ranks run it.
struct Command {
  std::string name;
  std::string summary;
  int (*run)(CommandContext const& context);
};

int run_command(CommandContext const& context);
int evaluate_command(CommandContext const& context);
int collect_command(CommandContext const& context);
int report_command(CommandContext const& context);
int cluster_command(CommandContext const& context);
int sweep_command(CommandContext const& context);
int status_command(CommandContext const& context);

/// An option of a subcommand itself, apart from the configuration's keys.
struct OwnOption {
  std::string name;   // "out"
  std::string value;  // what the value is called in the help; empty for a switch
  std::string meaning;
};

/// The arguments of a subcommand, split. Throws ConfigurationError for an option without its value
/// and for one given twice.
struct SplitArguments {
  std::vector<std::pair<std::string, std::string>> own;  // name and value of the options given
  std::vector<std::string> rest;                         // everything else, in order
  bool has(std::string const& name) const;
  /// The option's value, empty when it was not given.
  std::string value(std::string const& name) const;
};
SplitArguments split_arguments(std::vector<std::string> const& arguments,
                               std::vector<OwnOption> const& options);

/// "  --out DIR    meaning", one option a line.
std::string options_help(std::vector<OwnOption> const& options);

}  // namespace tvem
