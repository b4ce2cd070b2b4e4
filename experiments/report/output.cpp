#include "experiments/report/output.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>

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

std::string output_problem() {
  if (first_failure == 0 || first_failure == EPIPE) return "";
  return std::string("standard output could not be written: ") + std::strerror(first_failure) +
         "; see where it goes";
}

}  // namespace tvem
