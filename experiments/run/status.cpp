#include "experiments/run/status.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/report/formatting.hpp"
#include "experiments/run/claim/claim.hpp"
#include "experiments/run/failure.hpp"
#include "experiments/run/trained_model.hpp"
#include "experiments/settings/identity.hpp"
#include "framework/core/error.hpp"
#include "io/run_file.hpp"

namespace tvem {

void look_for_others(fs::path const& folder, RunStatus& status) {
  if (status.state == RunState::finished) return;
  if (RunClaim::is_held(claim_file(folder))) {
    status.state = RunState::running;
    status.steps_done = std::max(status.steps_done, RunClaim::steps(claim_file(folder)));
  } else if (auto const failure = failure_of(folder)) {
    status.state = RunState::failed;
    status.message = *failure;
  }
}

RunStatus status_of_run(fs::path const& folder, std::optional<Settings> const& settings) {
  RunStatus status;
  if (fs::is_regular_file(folder / "run.h5")) try {
      RunRecord const record = read_run_file(folder / "run.h5");
      status.steps_done = status.steps_timed = record.steps_done;
      status.steps_total = settings ? settings->train.steps : record.steps_total;
      status.training_seconds = record.training_seconds;
      bool const is_trained = status.steps_done == status.steps_total;
      bool const is_evaluated =
          record.evaluation &&
          (!settings || record.evaluation_identity == evaluation_identity(*settings));
      status.evaluations_done = is_trained && is_evaluated ? 1 : 0;
      status.state = is_trained && is_evaluated ? RunState::finished : RunState::unfinished;
    } catch (Error const& error) {
      status.state = RunState::unfinished;
      status.message = error.what();
    }
  look_for_others(folder, status);
  return status;
}

RunStatus status_with_model(fs::path const& folder, std::optional<Settings> const& settings) {
  RunStatus status = status_of_run(folder, settings);
  if (status.state != RunState::finished) return status;
  std::string problem;
  std::int64_t step = 0;
  try {
    auto const found = read_checkpoint(folder, check_is_of_its_model);
    step = found ? found->checkpoint.state.step : status.steps_total;
    if (step == status.steps_total && (!found || found->notice.empty())) return status;
    problem = fmt::format("{}{}tvem run goes on from there, and the results stay until then",
                          found->notice, found->notice.empty() ? "" : "; ");
  } catch (Error const& error) {
    problem =
        fmt::format("{}; tvem run trains anew, and the results stay until then", error.what());
  }
  status.state = RunState::unfinished;
  status.steps_done = status.steps_timed = step;
  status.message = problem;
  return status;
}

double RunStatus::seconds_left() const {
  if (steps_timed == 0) return std::nan("");
  return training_seconds * ratio(steps_total - steps_done, steps_timed);
}

}  // namespace tvem
