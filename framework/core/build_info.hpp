#pragma once

#include <string>

namespace tvem {

/// The program that is running, as every result file records it.
struct BuildInfo {
  std::string version;       // of tvem
  std::string git_revision;  // with "-dirty" when the checkout had changes at configure time
  std::string compiler;
  std::string build_type;
  std::string flags;
  std::string libraries;  // header versions of Eigen, Boost, HDF5, MPI
};

BuildInfo const& build_info();

}  // namespace tvem
