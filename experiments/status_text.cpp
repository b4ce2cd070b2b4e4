#include "status_text.hpp"

#include "command_line.hpp"
#include "formatting.hpp"
#include "progress.hpp"
#include "tvem/comm/collective_errors.hpp"

namespace tvem {

StatusText status_of_one(std::string const& name, RunStatus const& status) {
  std::string text = format("%-12s", std::string(name_of(status.state)).c_str()) + name;
  bool const is_on_its_way =
      status.state == RunState::unfinished || status.state == RunState::running;
  if (is_on_its_way && status.steps_total > 0)
    text += ": step " + std::to_string(status.steps_done) + " of " +
            std::to_string(status.steps_total) +
            (status.steps_done == status.steps_total ? ", not evaluated" : "");
  if (is_on_its_way && status.seconds_left() > 0)
    text += ", " + duration_text(status.seconds_left()) + " of training left";
  if (!status.message.empty()) text += ": " + status.message;
  return {text + "\n", status.state == RunState::finished};
}

StatusText status_of_sweep(Sweep const& sweep, std::vector<SweepRun> const& runs,
                           std::filesystem::path const& folder) {
  SweepStates states(sweep, runs, folder);
  states.refresh();
  std::string text;
  for (std::size_t run = 0; run < runs.size(); ++run)
    text += status_of_one(runs[run].id + " (" + text_of(sweep, runs[run]) + ")", states.status(run))
                .text;
  StateCounts const counts = states.counts();
  bool const is_time_known = !counts.are_all_finished() && states.seconds_left() > 0;
  text += counts.text() +
          (is_time_known ? "; " + duration_text(states.seconds_left()) + " left" : "") + "\n";
  return {text, counts.are_all_finished()};
}

ExitCode tell_status(Communicator const& comm, std::function<StatusText()> const& look) {
  StatusText status;
  on_root(comm, [&] { status = look(); });
  say(comm, status.text);
  bool const are_all = comm.max(status.are_all_finished ? 1 : 0) == 1;
  return are_all ? ExitCode::finished : ExitCode::stopped;
}

}  // namespace tvem
