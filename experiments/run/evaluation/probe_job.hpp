#pragma once

#include <string>

#include "experiments/run/evaluation/evaluation_request.hpp"
#include "framework/train/probe/probe.hpp"

namespace tvem {

/// Collective. Probes the layers of the request's model on its evaluation tasks, and writes the
/// file. Returns the table on rank 0.
std::string probe_job(EvaluationRequest const& request, ProbeRequest const& asked,
                      Communicator const& comm, std::string const& command_line);

}  // namespace tvem
