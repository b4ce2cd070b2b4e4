#include "experiments/program/status_text.hpp"

#include <cstdint>

#include "experiments/report/formatting.hpp"
#include "experiments/report/progress.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"

namespace tvem {

namespace {

std::string steps_of(RunStatus const& status) {
  std::string text =
      "step " + std::to_string(status.steps_done) + " of " + std::to_string(status.steps_total);
  if (status.steps_done < status.steps_total) return text;
  if (status.evaluations_total == 1) return text + ", not evaluated";
  return text + ", " + std::to_string(status.evaluations_done) + " of " +
         std::to_string(status.evaluations_total) + " evaluations";
}

std::string line_of(std::string const& name, RunStatus const& status) {
  std::string text = format("%-12s", std::string(name_of(status.state)).c_str()) + name;
  bool const is_begun = status.state != RunState::finished && status.steps_total > 0;
  if (is_begun) text += ": " + steps_of(status);
  if (is_begun && status.seconds_left() > 0)
    text += ", " + duration_text(status.seconds_left()) + " of training left";
  if (!status.message.empty()) text += ": " + status.message;
  return text + "\n";
}

std::string const tsv_header = "run\tstate\tsteps_done\tsteps\tevaluations_done\tevaluations\n";

std::string tsv_line_of(std::string const& name, RunStatus const& status) {
  std::string text = name + "\t" + std::string(name_of(status.state));
  for (std::int64_t const count :
       {status.steps_done, status.steps_total, std::int64_t{status.evaluations_done},
        std::int64_t{status.evaluations_total}})
    text += "\t" + std::to_string(count);
  return text + "\n";
}

}  // namespace

StatusText status_of_one(std::string const& name, RunStatus const& status) {
  return {.text = line_of(name, status),
          .tsv = tsv_header + tsv_line_of(name, status),
          .are_all_finished = status.state == RunState::finished};
}

StatusText status_of_sweep(Sweep const& sweep, std::vector<SweepRun> const& runs,
                           std::filesystem::path const& folder) {
  SweepStates states(sweep, runs, folder);
  states.refresh();
  StatusText status{.text = "", .tsv = tsv_header};
  for (std::size_t run = 0; run < runs.size(); ++run) {
    status.text +=
        line_of(runs[run].id + " (" + text_of(sweep, runs[run]) + ")", states.status(run));
    status.tsv += tsv_line_of(runs[run].id, states.status(run));
  }
  StateCounts const counts = states.counts();
  status.are_all_finished = counts.are_all_finished();
  bool const is_time_known = !status.are_all_finished && states.seconds_left() > 0;
  status.text += counts.text() +
                 (is_time_known ? "; " + duration_text(states.seconds_left()) + " left" : "") +
                 "\n";
  return status;
}

int tell_status(Communicator const& comm, SplitArguments const& arguments,
                std::function<StatusText()> const& look) {
  StatusText status;
  on_root(comm, [&] { status = look(); });
  say(comm, arguments.has("tsv") ? status.tsv : status.text);
  bool const are_all = comm.max(status.are_all_finished ? 1 : 0) == 1;
  return static_cast<int>(are_all ? ExitCode::finished : ExitCode::stopped);
}

}  // namespace tvem
