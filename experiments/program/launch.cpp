#include "experiments/program/launch.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "framework/comm/session.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// A launcher of processes, with the variables that tell each process how many there are and which
/// it is.
struct Launcher {
  char const* size_variable;
  char const* rank_variable;
  char const* name;
  char const* remedy;
};

/// The innermost first: in a step of Slurm, mpirun of Open MPI may start more processes than Slurm
/// counts.
constexpr std::array<Launcher, 3> launchers{{
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "Open MPI's mpirun",
     "use the mpirun of the MPI library"},
    {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "srun",
     "try srun --mpi=pmix, or mpirun (jobs/README.md)"},
    {"PMI_SIZE", "PMI_RANK", "a launcher of MPICH or Intel MPI",
     "use the mpirun of the MPI library"},
}};

Launcher const* launcher() {
  auto const found = std::find_if(launchers.begin(), launchers.end(), [](Launcher const& l) {
    return std::getenv(l.size_variable) != nullptr;
  });
  return found == launchers.end() ? nullptr : &*found;
}

}  // namespace

bool is_first_process() {
  Launcher const* const by = launcher();
  char const* const rank = by ? std::getenv(by->rank_variable) : nullptr;
  return rank == nullptr || std::atoi(rank) == 0;
}

void check_launch(Communicator const& comm) {
  Launcher const* const by = launcher();
  char const* const size = by ? std::getenv(by->size_variable) : "1";
  if (comm.size() > 1 || std::atoi(size) < 2) return;
  if (!MpiSession::has_mpi())
    throw ConfigurationError(
        fmt::format("{} has started {} processes, but this tvem was built without MPI; start one, "
                    "or build with TVEM_MPI=ON",
                    by->name, size));
  throw ConfigurationError(
      fmt::format("{} has started {} processes, but each is an MPI world of its own: the launcher "
                  "and {} do not share a protocol; {}",
                  by->name, size, MpiSession::library(), by->remedy));
}

}  // namespace tvem
