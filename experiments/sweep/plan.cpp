#include "experiments/sweep/plan.hpp"

#include <algorithm>
#include <set>

#include "experiments/report/formatting.hpp"
#include "experiments/settings/config.hpp"
#include "experiments/settings/config_input.hpp"
#include "experiments/settings/unused_keys.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/train/evaluation.hpp"

namespace tvem {
namespace {

/// Keys without effect on the cell's model and baselines, on the terms of `asked`.
std::vector<std::string> notes_of_cell(SweepPlan const& plan, std::size_t cell, Settings asked) {
  auto const baselines = baseline_settings(plan.sweep, cell).eval.estimators;
  asked.eval.estimators = training_settings(plan.sweep, cell).eval.estimators;
  asked.eval.estimators.insert(asked.eval.estimators.end(), baselines.begin(), baselines.end());
  return unused_keys(asked);
}

/// What is wrong with the settings that a run needs.
std::vector<std::string> problems_of_run(Sweep const& sweep, SweepRun const& run) {
  auto const problems_of = [](Settings const& settings) {
    auto problems = contradictions(settings);
    for (auto const& problem : module_problems(settings)) problems.push_back(problem);
    return problems;
  };
  if (!run.is_training) return problems_of(baseline_settings(sweep, run.cell));
  Settings const trained = training_settings(sweep, run.cell);
  auto problems = problems_of(trained);
  for (std::size_t const cell : run.evaluations) {
    Settings const asked = model_evaluation_settings(sweep, cell);
    for (auto const& problem : problems_of(asked)) problems.push_back(problem);
    for (auto const& problem : domain_problems(trained, asked)) problems.push_back(problem);
  }
  return problems;
}

/// "run 3 (model.heads = 3): " before what is wrong with a run, each problem once.
void add_problems_of_runs(SweepPlan const& plan, std::vector<std::string>& problems) {
  constexpr std::size_t most = 10;
  std::set<std::string> known;
  for (std::size_t run = 0; run < plan.runs.size() && known.size() < most; ++run)
    for (auto const& problem : problems_of_run(plan.sweep, plan.runs[run]))
      if (known.insert(problem).second)
        problems.push_back("run " + std::to_string(run) + " (" +
                           text_of(plan.sweep, plan.runs[run]) + "): " + problem);
}

}  // namespace

SweepPlan plan_sweep(std::string const& text, std::string const& path,
                     std::vector<std::string> const& keys, std::vector<std::string>& problems) {
  SweepPlan plan;
  plan.sweep = parse_sweep(text, path, keys, problems);
  if (!problems.empty()) return plan;
  plan.runs = runs_of(plan.sweep);
  plan.n_runs = plan.runs.size();
  if (plan.runs.empty())
    problems.push_back(
        "sweep: eval.estimators leaves nothing to do: there is no guess to start "
        "from in any of the cells");
  add_problems_of_runs(plan, problems);
  return plan;
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
    text += std::to_string(run) + "\t" + plan.runs[run].id;
    for (auto const& [name, value] : values_of(plan.sweep, plan.runs[run])) text += "\t" + value;
    text += "\n";
  }
  return text;
}

std::string list_of(SweepPlan const& plan) {
  std::string text;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    std::size_t const n_evaluations = plan.runs[run].evaluations.size();
    text +=
        format("%6zu  ", run) + plan.runs[run].id + "  " + text_of(plan.sweep, plan.runs[run]) +
        (n_evaluations > 0 ? ", " + std::to_string(n_evaluations) + " further evaluations" : "") +
        "\n";
  }
  return text;
}

std::vector<std::string> notes_of(SweepPlan const& plan) {
  constexpr std::size_t most_runs = 200, most_notes = 10;
  std::vector<std::string> notes;
  for (std::size_t r = 0; r < std::min(plan.runs.size(), most_runs); ++r) {
    SweepRun const& run = plan.runs[r];
    if (!run.is_training) continue;
    auto of_run = notes_of_cell(plan, run.cell, plan.sweep.training_of(run.cell));
    for (std::size_t const cell : run.evaluations) {
      auto const others = notes_of_cell(plan, cell, plan.sweep.evaluation_of(cell));
      std::erase_if(of_run, [&](auto const& note) {
        return std::find(others.begin(), others.end(), note) == others.end();
      });
    }
    of_run.push_back(size_note(training_settings(plan.sweep, run.cell)));
    for (auto const& note : of_run)
      if (!note.empty() && notes.size() < most_notes &&
          std::find(notes.begin(), notes.end(), note) == notes.end())
        notes.push_back(note);
  }
  return notes;
}

}  // namespace tvem
