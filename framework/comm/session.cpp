#include "tvem/comm/session.hpp"

#include <cstdlib>
#include <exception>

#include <mpi.h>

#include "tvem/comm/group.hpp"

namespace tvem {

MpiSession::MpiSession(int& argc, char**& argv) : n_exceptions_(std::uncaught_exceptions()) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
}

MpiSession::~MpiSession() {
  if (std::uncaught_exceptions() == n_exceptions_) MPI_Finalize();
}

Communicator MpiSession::world() const {
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size == 1 ? Communicator::serial() : Communicator(make_world_group());
}

void MpiSession::abort(int exit_code) const {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);  // MPI_Abort is not declared noreturn
}

std::string MpiSession::library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  std::string const version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

}  // namespace tvem
