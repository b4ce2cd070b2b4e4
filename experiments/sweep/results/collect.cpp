#include "experiments/sweep/results/collect.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "experiments/report/comparison.hpp"
#include "experiments/report/formatting.hpp"
#include "experiments/report/join.hpp"
#include "experiments/settings/sentences.hpp"
#include "experiments/sweep/results/dimensions.hpp"
#include "experiments/sweep/results/grid_arrays.hpp"
#include "experiments/sweep/results/result_reader.hpp"
#include "experiments/sweep/results/seed_differences.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/metrics/bayes.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

NamedCoordinate numbers(std::string const& name, std::int64_t n, std::string const& long_name) {
  NamedCoordinate coordinate{name, name, {}, long_name};
  for (std::int64_t i = 0; i < n; ++i) coordinate.values.push_back(fmt::to_string(i));
  return coordinate;
}

std::vector<std::string> status_words() {
  return {enum_names<FitStatus>.begin(), enum_names<FitStatus>.end()};
}

std::int64_t most_of_cells(Sweep const& sweep, std::int64_t (*number)(EvalSettings const&)) {
  std::int64_t most = 0;
  for (std::size_t cell = 0; cell < sweep.cells.size(); ++cell)
    most = std::max(most, number(sweep.evaluation_of(cell).eval));
  return most;
}

SweepTable empty_table(Sweep const& sweep, bool has_tasks) {
  SweepTable table;
  for (auto const& coordinates : sweep_dimensions(sweep)) {
    table.axes.push_back(coordinates[0].name);
    table.coordinates.insert(table.coordinates.end(), coordinates.begin(), coordinates.end());
  }
  table.coordinates.push_back(
      {"estimator", "estimator", sweep.base.eval.estimators, "specification of the estimator"});
  table.coordinates.push_back(
      {"status", "status", status_words(), "how an estimator ended on a task"});
  if (has_tasks) {
    auto const most = most_of_cells(sweep, [](EvalSettings const& eval) { return eval.tasks; });
    table.coordinates.push_back(numbers("task", most, "id of the evaluation task"));
  }
  auto const most =
      most_of_cells(sweep, [](EvalSettings const& eval) { return std::int64_t{eval.trace}; });
  if (most > 0)
    table.coordinates.push_back(
        numbers("iteration", most + 1, "iterations done by the restart kept"));
  table.header.run_id = sweep.base.run.name;
  table.header.config_text = sweep_text(sweep);
  return table;
}

class Collector {
 public:
  Collector(fs::path const& folder, Sweep const& sweep, std::vector<std::string> const& per_task)
      : folder_(folder),
        sweep_(sweep),
        runs_(runs_of(sweep)),
        per_task_(per_task),
        reader_(folder, runs_),
        table_(empty_table(sweep, !per_task.empty())),
        arrays_(table_),
        seeds_(table_) {}

  CollectedSweep collect() {
    for (std::size_t const cell : reading_order()) add_cell(cell);
    seeds_.write();
    add_curves();
    add_states();
    table_.program_versions = joined(reader_.versions());
    Sentences warnings = reader_.warnings();
    append(warnings, warnings_);
    if (reader_.versions().size() > 1)
      warnings.push_back("the results are of several versions of the program: " +
                         table_.program_versions);
    return {std::move(table_), std::move(warnings)};
  }

 private:
  /// The cells, those with the same files one after another.
  std::vector<std::size_t> reading_order() const {
    std::vector<std::size_t> order(sweep_.cells.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return runs_.cells[a].baselines < runs_.cells[b].baselines;
    });
    return order;
  }

  std::size_t place_of(std::size_t cell) const {
    std::size_t place = 0;
    for (std::size_t a = 0; a < sweep_.axes.size(); ++a)
      place = place * sweep_.axes[a].values.size() + sweep_.cells[cell][a];
    return place;
  }

  void add_cell(std::size_t cell) {
    std::size_t const place = place_of(cell);
    add_closed_forms(cell, place);
    CellResults const results = reader_.read(cell);
    if (results.training) add_training(place, *results.training);
    auto const& evaluations = results.evaluations;
    if (results.are_complete) complete_.insert(cell);
    if (evaluations.empty()) return;
    if (evaluations.size() > 1 && !have_same_tasks(*evaluations[0], *evaluations[1])) {
      warnings_.push_back(fmt::format(
          "the model and the baselines of {} have not met the same tasks; the cell has no values",
          sweep_.text_of(cell)));
      return;
    }
    add_tasks(place, *evaluations[0]);
    auto const reference = reference_errors(evaluations);
    for (Evaluation const* const evaluation : evaluations)
      for (std::size_t e = 0; e < evaluation->estimators.size(); ++e)
        add_estimator(place, *evaluation, e, reference);
  }

  void add_closed_forms(std::size_t cell, std::size_t place) {
    auto const exact = closed_forms(sweep_.evaluation_of(cell).task);
    arrays_.set({"bayes_error_exact",
                 "exact Bayes error, labels as named; NaN where it has no closed form"},
                place, exact ? exact->bayes_error : no_value);
    arrays_.set({"minimax_rate", "exp(-separation^2 / 8), the exponent of the minimax error"},
                place, exact ? exact->minimax_rate : no_value);
  }

  void add_training(std::size_t place, RunRecord const& record) {
    auto const& starts = record.header.provenance;
    arrays_.set_text({"run_id", "the training"}, place, record.header.run_id);
    arrays_.set_text({"program_version", "version of the program that did the last start"}, place,
                     starts.empty() ? "" : starts.back().program_version);
    arrays_.set({"steps_done", "training steps done"}, place, as_real(record.steps_done));
    arrays_.set({"training_seconds", "wall-clock time of the training", "s"}, place,
                record.training_seconds);
    std::size_t const n = record.steps.size();
    Moments last;
    for (std::size_t i = n - (n + 9) / 10; i < n; ++i) last.add(record.steps[i].error_mean);
    arrays_.set({"training_error_mean",
                 "error of the model on its training tasks, mean over the last tenth of the steps"},
                place, last.mean());
    if (!record.learning_curve.empty())
      curves_.push_back({place, record.learning_curve, record.training_seconds, record.steps_done});
  }

  void add_tasks(std::size_t place, Evaluation const& evaluation) {
    arrays_.set({"tasks", "evaluation tasks"}, place, as_real(std::ssize(evaluation.task_ids)));
    for (EvaluationColumn const& column : evaluation_columns)
      if (column.over == Over::tasks && column.values.index() == 0) {
        Moments const moments = moments_of(evaluation.*std::get<0>(column.values));
        arrays_.set(mean_label(column.name, column.long_name), place, moments.mean());
        arrays_.set(standard_error_label(column.name), place, moments.standard_error());
      }
  }

  std::vector<double> reference_errors(std::vector<Evaluation const*> const& evaluations) const {
    auto const& estimators = sweep_.base.eval.estimators;
    std::string const& reference = estimators[reference_of(estimators)];
    for (Evaluation const* const evaluation : evaluations)
      for (std::size_t e = 0; e < evaluation->estimators.size(); ++e)
        if (evaluation->estimators[e] == reference) return evaluation->row(evaluation->error, e);
    return {};
  }

  void add_estimator(std::size_t place, Evaluation const& evaluation, std::size_t e,
                     std::vector<double> const& reference) {
    auto const& known = sweep_.base.eval.estimators;
    auto const found = std::find(known.begin(), known.end(), evaluation.estimators[e]);
    if (found == known.end()) return;
    std::size_t const at = found - known.begin();
    EstimatorArrays writer(arrays_, place, at, evaluation, e);
    for (EvaluationMetric const& metric : evaluation_metrics)
      writer.write_metric(metric, std::count(per_task_.begin(), per_task_.end(), metric.name) > 0);
    if (!reference.empty()) seeds_.add(place, at, writer.write_difference(reference));
    writer.write_totals();
    writer.write_trace();
  }

  struct Curve {
    std::size_t place;
    std::vector<CurveRecord> points;
    double seconds;
    std::int64_t steps_done;
  };

  /// Learning curves over all steps that any of them has.
  void add_curves() {
    std::map<std::int64_t, std::size_t> positions;
    for (Curve const& curve : curves_)
      for (CurveRecord const& point : curve.points) positions[point.step] = 0;
    if (positions.empty()) return;
    NamedCoordinate coordinate{"step", "step", {}, "training steps done"};
    for (auto& [step, position] : positions) {
      position = coordinate.values.size();
      coordinate.values.push_back(fmt::to_string(step));
    }
    table_.coordinates.push_back(coordinate);
    for (Curve const& curve : curves_)
      for (CurveRecord const& point : curve.points)
        add_curve_point(curve, point, positions[point.step]);
  }

  void add_curve_point(Curve const& curve, CurveRecord const& point, std::size_t position) {
    auto const set = [&](ArrayLabel const& label, double value) {
      arrays_.set(label, curve.place, {"step"}, position, value);
    };
    set({"learning_curve_error_mean",
         "error of the model on evaluation tasks while it trains, mean over tasks"},
        point.error_mean);
    set({"learning_curve_error_standard_error", "its standard error over tasks"},
        point.error_standard_error);
    double const share = curve.steps_done > 0 ? ratio(point.step, curve.steps_done) : no_value;
    set({"learning_curve_seconds", "wall-clock time of the training until then, at its mean speed",
         "s"},
        share * curve.seconds);
  }

  /// The state of a cell: finished with all its results, else the state of its runs.
  RunState state_of(std::size_t cell, SweepStates& states) const {
    if (complete_.contains(cell)) return RunState::finished;
    RunState state = RunState::finished;
    for (auto const& run : {runs_.cells[cell].training, runs_.cells[cell].baselines})
      if (run) state = std::max(state, states.look_at(*run).state);
    // The run says finished, but one of its files cannot be read.
    return state == RunState::finished ? RunState::unfinished : state;
  }

  void add_states() {
    SweepStates states(runs_.runs, folder_);
    table_.state_names = {enum_names<RunState>.begin(), enum_names<RunState>.end()};
    table_.state_names.emplace_back("left_out");
    auto const position = [&](std::string_view name) {
      auto const found = std::find(table_.state_names.begin(), table_.state_names.end(), name);
      return static_cast<std::int8_t>(found - table_.state_names.begin());
    };
    table_.states.assign(arrays_.n_cells(), position("left_out"));
    std::int64_t n_finished = 0;
    for (std::size_t cell = 0; cell < sweep_.cells.size(); ++cell) {
      RunState const state = state_of(cell, states);
      table_.states[place_of(cell)] = position(name_of(state));
      n_finished += state == RunState::finished ? 1 : 0;
    }
    std::int64_t const n_cells = arrays_.n_cells(), n_asked = std::ssize(sweep_.cells);
    table_.counts = {{"cells", n_cells},
                     {"cells_left_out", n_cells - n_asked},
                     {"cells_finished", n_finished},
                     {"cells_not_finished", n_asked - n_finished}};
  }

  fs::path folder_;
  Sweep const& sweep_;
  SweepRuns runs_;
  std::vector<std::string> per_task_;
  ResultReader reader_;
  SweepTable table_;
  GridArrays arrays_;
  SeedDifferences seeds_;
  std::vector<Curve> curves_;
  std::set<std::size_t> complete_;  // cells with all their results
  Sentences warnings_;
};

}  // namespace

CollectedSweep collect(fs::path const& folder, Sweep const& sweep,
                       std::vector<std::string> const& per_task) {
  return Collector(folder, sweep, per_task).collect();
}

}  // namespace tvem
