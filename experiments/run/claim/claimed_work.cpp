#include "experiments/run/claim/claimed_work.hpp"

#include "framework/comm/collective_errors.hpp"

namespace tvem {

std::unique_ptr<RunClaim> claim_or_refuse(Communicator const& comm, std::string const& subject,
                                          fs::path const& claim_file) {
  std::unique_ptr<RunClaim> claim;
  on_root(comm, [&] {
    claim = RunClaim::take(claim_file);
    if (!claim) throw ConfigurationError(claimed_text(subject, claim_file));
  });
  return claim;
}

WorkHooks hooks_of(RunClaim* claim, StopRequest const& stop) {
  return {.on_alive = [=] { claim->check_now_and_then(); },
          .on_steps = [=](std::int64_t steps) { claim->show_steps(steps); },
          .wants_stop = [&] { return stop.is_there(); },
          .may_replace = [=] { claim->check(); }};
}

}  // namespace tvem
