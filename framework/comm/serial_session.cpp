// The session of a build without MPI (TVEM_MPI=OFF).
#include <cstdlib>

#include "framework/comm/session.hpp"
#include "framework/core/enum_names.hpp"

namespace tvem {

MpiSession::MpiSession(int&, char**&) : n_exceptions_(0) {}
MpiSession::~MpiSession() = default;

Communicator MpiSession::world() const { return Communicator::serial(); }
bool MpiSession::do_all_arrive() const { return n_exceptions_ == 0; }
void MpiSession::abort(ExitCode exit_code) const { std::_Exit(number_of(exit_code)); }
bool MpiSession::has_mpi() { return false; }
std::string MpiSession::library() { return "no MPI"; }

}  // namespace tvem
