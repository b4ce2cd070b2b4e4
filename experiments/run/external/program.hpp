#pragma once

#include <functional>
#include <string>
#include <vector>

#include "io/fs.hpp"

namespace tvem {

/// How a program has ended.
struct ProgramEnd {
  bool is_stopped = false;  // on request
  std::string problem;      // why it has failed; empty where it has not
  double seconds = 0;       // wall clock
};

/// Runs a command of the shell with further words, and waits for it. What it prints goes to `log`.
/// It has an input without content, a process group of its own, and no variables of MPI, which
/// would take it for a rank. wants_stop: asked ten times a second; the program is then ended.
/// Throws Error when no process can be started.
ProgramEnd run_program(std::string const& command, std::vector<std::string> const& words,
                       fs::path const& log, std::function<bool()> const& wants_stop);

}  // namespace tvem
