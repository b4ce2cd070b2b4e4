#pragma once

#include <memory>
#include <string>

#include "experiments/run/claim/claim.hpp"
#include "experiments/run/job.hpp"
#include "experiments/run/stop_request.hpp"
#include "io/fs.hpp"

namespace tvem {

/// Collective. Takes the claim on rank 0. Throws ConfigurationError on all ranks when another
/// process holds it. subject: the option and its value.
std::unique_ptr<RunClaim> claim_or_refuse(Communicator const& comm, std::string const& subject,
                                          fs::path const& claim_file);

/// Hooks for work that goes on while the claim is ours and nobody asks to stop. claim: none on
/// ranks other than 0. Both must outlive the hooks.
WorkHooks hooks_of(RunClaim* claim, StopRequest const& stop);

}  // namespace tvem
