#include "experiments/sweep/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "experiments/settings/problems.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/train/evaluation/evaluation.hpp"

namespace tvem {
namespace {

Sentences problems_of(Settings const& settings) {
  Sentences problems = contradictions(settings);
  append(problems, module_problems(settings));
  return problems;
}

Sentences problems_of(SweepRun const& run) {
  Sentences problems = problems_of(run.settings);
  for (SweepEvaluation const& evaluation : run.evaluations) {
    append(problems, problems_of(evaluation.settings));
    if (run.is_training) append(problems, domain_problems(run.settings, evaluation.settings));
  }
  return problems;
}

/// Adds each problem of a run once, after "run 3 (model.heads = 3): ".
void add_problems_of_runs(std::vector<SweepRun> const& runs, Sentences& problems) {
  constexpr std::size_t most = 10;
  std::set<std::string> known;
  for (std::size_t run = 0; run < runs.size() && known.size() < most; ++run)
    for (auto const& problem : problems_of(runs[run]))
      if (known.insert(problem).second)
        problems.push_back(fmt::format("run {} ({}): {}", run, runs[run].text(), problem));
}

/// The number of cells that each estimator suits; the others leave it out.
std::map<std::string, std::size_t> cells_of_estimators(SweepRuns const& found) {
  std::map<std::string, std::size_t> counts;
  auto const count = [&](Settings const& settings) {
    for (std::string const& text : settings.eval.estimators) ++counts[text];
  };
  for (SweepCell const& cell : found.cells) {
    if (cell.baselines) count(found.runs[*cell.baselines].settings);
    if (!cell.training) continue;
    SweepRun const& training = found.runs[*cell.training];
    count(cell.evaluation ? training.evaluations[*cell.evaluation].settings : training.settings);
  }
  return counts;
}

/// Notes estimators that some cells leave out; one that all leave out is a problem.
void look_for_left_out(SweepPlan& plan, SweepRuns const& found, Sentences& problems) {
  auto const counts = cells_of_estimators(found);
  std::size_t const n_cells = found.cells.size();
  for (std::string const& text : plan.sweep.base.eval.estimators) {
    auto const count = counts.find(text);
    if (count == counts.end())
      problems.push_back(fmt::format(
          "eval.estimators: \"{}\" suits the tasks and the guess of none of the {} cells; leave it "
          "out, or change what it is told is known or given",
          text, n_cells));
    else if (count->second < n_cells)
      plan.notes.push_back(fmt::format(
          "\"{}\" is left out of {} of the {} cells: their tasks do not have what it is told is "
          "known, or they have no guess to start from",
          text, n_cells - count->second, n_cells));
  }
}

/// Keys without effect on the model and on the baselines beside the evaluation `asked`. of_model:
/// its estimators.
Sentences unused_on(Sweep const& sweep, Settings asked, std::vector<std::string> const& of_model) {
  auto const baselines = baselines_beside(sweep, asked).eval.estimators;
  asked.eval.estimators = of_model;
  append(asked.eval.estimators, baselines);
  return unused_keys(asked);
}

/// Keys that neither the training nor an evaluation of its model reads.
Sentences notes_of_run(Sweep const& sweep, SweepRun const& run) {
  Sentences notes = unused_on(sweep, sweep.training_of(run.cell), run.settings.eval.estimators);
  for (SweepEvaluation const& evaluation : run.evaluations) {
    auto const others =
        unused_on(sweep, sweep.evaluation_of(evaluation.cell), evaluation.settings.eval.estimators);
    std::erase_if(notes, [&](auto const& note) {
      return std::find(others.begin(), others.end(), note) == others.end();
    });
  }
  append_if_any(notes, size_note(run.settings));
  return notes;
}

}  // namespace

SweepPlan plan_sweep(std::string const& text, std::string const& path,
                     std::vector<std::string> const& keys, std::vector<std::string>& problems) {
  SweepPlan plan;
  plan.sweep = parse_sweep(text, path, keys, problems);
  if (!problems.empty()) return plan;
  SweepRuns found = runs_of(plan.sweep);
  look_for_left_out(plan, found, problems);
  plan.runs = std::move(found.runs);
  plan.n_runs = plan.runs.size();
  add_problems_of_runs(plan.runs, problems);
  return plan;
}

std::size_t place_in(std::string const& index, std::size_t n_runs) {
  std::size_t run = 0;
  if (read_number(index, run) && run < n_runs) return run;
  throw ConfigurationError(
      fmt::format("--index {}: an integer 0..{}; tvem sweep --list shows them", index, n_runs - 1));
}

void keep_run(SweepPlan& plan, std::string const& index) {
  plan.first = place_in(index, plan.runs.size());
  plan.runs = {plan.runs[plan.first]};
}

std::string tsv_of(SweepPlan const& plan) {
  std::string text = "index\tid";
  for (SweepAxis const& axis : plan.sweep.axes)
    for (SweptKey const& key : axis.keys) text += "\t" + key.name;
  text += "\n";
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    text += fmt::format("{}\t{}", run, plan.runs[run].id);
    for (auto const& [name, value] : plan.runs[run].values) text += "\t" + value;
    text += "\n";
  }
  return text;
}

std::string list_of(SweepPlan const& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    SweepRun const& run = plan.runs[i];
    std::size_t const n_further = run.is_training ? run.evaluations.size() : 0;
    text += fmt::format("{:6}  {}  {}{}\n", i, run.id, run.text(),
                        n_further > 0 ? fmt::format(", further evaluations: {}", n_further) : "");
  }
  return text;
}

std::vector<std::string> notes_of(SweepPlan const& plan) {
  constexpr std::size_t most_runs = 200, most_notes = 10;
  Sentences notes = plan.notes;
  for (std::size_t r = 0; r < std::min(plan.runs.size(), most_runs); ++r) {
    if (!plan.runs[r].is_training) continue;
    for (auto const& note : notes_of_run(plan.sweep, plan.runs[r]))
      if (notes.size() < most_notes && std::find(notes.begin(), notes.end(), note) == notes.end())
        notes.push_back(note);
  }
  return notes;
}

}  // namespace tvem
