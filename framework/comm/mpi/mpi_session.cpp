#include <chrono>
#include <cstdlib>
#include <exception>
#include <thread>

#include <mpi.h>

#include "framework/comm/group.hpp"
#include "framework/comm/session.hpp"
#include "framework/core/enum_names.hpp"

namespace tvem {
namespace {

/// All ranks, for do_all_arrive alone: its barrier must not mix with what other ranks may be doing
/// on the world's communicator.
MPI_Comm arrivals = MPI_COMM_NULL;

}  // namespace

MpiSession::MpiSession(int& argc, char**& argv) : n_exceptions_(std::uncaught_exceptions()) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_dup(MPI_COMM_WORLD, &arrivals);
}

MpiSession::~MpiSession() {
  if (std::uncaught_exceptions() != n_exceptions_) return;
  MPI_Comm_free(&arrivals);
  MPI_Finalize();
}

Communicator MpiSession::world() const {
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size == 1 ? Communicator::serial() : Communicator(make_world_group());
}

bool MpiSession::do_all_arrive() const {
  using Clock = std::chrono::steady_clock;
  constexpr auto patience = std::chrono::seconds(10);
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(arrivals, &request);
  int have_arrived = 0;
  for (auto const start = Clock::now(); Clock::now() - start < patience;) {
    MPI_Test(&request, &have_arrived, MPI_STATUS_IGNORE);
    if (have_arrived != 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

void MpiSession::abort(ExitCode exit_code) const {
  int const code = number_of(exit_code);
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);  // MPI_Abort is not declared noreturn
}

bool MpiSession::has_mpi() { return true; }

std::string MpiSession::library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  std::string const version(text, length);
  return version.substr(0, version.find_first_of(",\n"));
}

}  // namespace tvem
