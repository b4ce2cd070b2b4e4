#include "experiments/report/output.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>

#include <fmt/format.h>

namespace tvem {
namespace {

int first_failure = 0;  // errno

}  // namespace

void print(std::string const& text) {
  if (first_failure != 0) return;
  errno = 0;
  if (std::cout << text << std::flush) return;
  first_failure = errno != 0 ? errno : EIO;
}

void say(Communicator const& comm, std::string const& text) {
  if (comm.is_root()) print(text);
}

void say_each(Communicator const& comm, char const* kind,
              std::vector<std::string> const& sentences) {
  for (std::string const& sentence : sentences) say(comm, fmt::format("{}: {}\n", kind, sentence));
}

std::string output_problem() {
  if (first_failure == 0 || first_failure == EPIPE) return "";
  return fmt::format("standard output could not be written: {}; see where it goes",
                     std::strerror(first_failure));
}

}  // namespace tvem
