#pragma once

#include <string>

#include "framework/comm/communicator.hpp"
#include "framework/core/error.hpp"

namespace tvem {

/// Starts MPI for the life of the object. In a build without MPI the job has one rank. One in a
/// program, on main's stack. When the program leaves by an exception, MPI is not finalised: the
/// other ranks may be waiting in a collective operation that this rank will never join, and
/// finalising would wait for them. Whoever catches the exception calls abort().
class MpiSession {
 public:
  MpiSession(int& argc, char**& argv);
  ~MpiSession();
  MpiSession(MpiSession const&) = delete;
  MpiSession& operator=(MpiSession const&) = delete;

  Communicator world() const;
  /// Whether all ranks of the job call this within some seconds. A rank that does not may be
  /// waiting for this one in a collective operation.
  bool do_all_arrive() const;
  /// Ends all ranks of the job at once with this exit code. Does not return.
  [[noreturn]] void abort(ExitCode exit_code) const;
  /// Whether this build has MPI.
  static bool has_mpi();
  /// Name and version of the MPI library, or that there is none.
  static std::string library();

 private:
  int n_exceptions_;
};

}  // namespace tvem
