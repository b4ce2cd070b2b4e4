#include "experiments/sweep/status_text.hpp"

#include "experiments/report/progress.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

std::string steps_of(RunStatus const& status) {
  std::string const text = fmt::format("step {} of {}", status.steps_done, status.steps_total);
  if (status.steps_done < status.steps_total) return text;
  if (status.evaluations_total == 1) return text + ", not evaluated";
  return fmt::format("{}, {} of {} evaluations", text, status.evaluations_done,
                     status.evaluations_total);
}

std::string line_of(std::string const& name, RunStatus const& status) {
  std::string text = fmt::format("{:<12}{}", name_of(status.state), name);
  bool const is_begun = status.state != RunState::finished && status.steps_total > 0;
  if (is_begun) text += ": " + steps_of(status);
  if (is_begun && status.seconds_left() > 0)
    text += fmt::format(", {} of training left", duration_text(status.seconds_left()));
  if (!status.message.empty()) text += ": " + status.message;
  return text + "\n";
}

std::string const tsv_header = "run\tstate\tsteps_done\tsteps\tevaluations_done\tevaluations\n";

std::string tsv_line_of(std::string const& name, RunStatus const& status) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", name, name_of(status.state), status.steps_done,
                     status.steps_total, status.evaluations_done, status.evaluations_total);
}

}  // namespace

StatusText status_of_one(std::string const& name, RunStatus const& status) {
  return {.text = line_of(name, status),
          .tsv = tsv_header + tsv_line_of(name, status),
          .are_all_finished = status.state == RunState::finished};
}

StatusText status_of_sweep(std::vector<SweepRun> const& runs, fs::path const& folder) {
  SweepStates states(runs, folder);
  states.refresh();
  StatusText status{.text = "", .tsv = tsv_header};
  for (std::size_t run = 0; run < runs.size(); ++run) {
    status.text +=
        line_of(fmt::format("{} ({})", runs[run].id, runs[run].text()), states.status(run));
    status.tsv += tsv_line_of(runs[run].id, states.status(run));
  }
  StateCounts const counts = states.counts();
  status.are_all_finished = counts.are_all_finished();
  double const left_s = states.seconds_left();
  bool const is_time_known = !status.are_all_finished && left_s > 0;
  status.text += fmt::format("{}{}\n", counts.text(),
                             is_time_known ? fmt::format("; {} left", duration_text(left_s)) : "");
  return status;
}

}  // namespace tvem
