#pragma once

#include <string>

#include "experiments/run/evaluation/evaluation_request.hpp"
#include "experiments/run/job.hpp"
#include "framework/comm/communicator.hpp"

namespace tvem {

/// Collective. Evaluates, or goes on with an evaluation, and writes the file in any folder. The
/// caller has checked the request. Returns the table on rank 0. Throws StoppedOnRequest on all
/// ranks alike; any other exception may be of one rank alone.
std::string evaluation_job(EvaluationRequest const& request, Communicator const& comm,
                           std::string const& command_line, Voice voice,
                           WorkHooks const& hooks = {});

}  // namespace tvem
