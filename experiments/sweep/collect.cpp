#include "experiments/sweep/collect.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "experiments/report/comparison.hpp"
#include "experiments/sweep/dimensions.hpp"
#include "experiments/sweep/result_reader.hpp"
#include "experiments/sweep/states.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

// ---- arrays over the grid

/// Builds arrays over the axes and further dimensions; cells without a value are NaN.
class GridArrays {
 public:
  GridArrays(SweepTable& table) : table_(table) {
    for (std::string const& axis : table.axes) n_cells_ *= table.size(axis);
  }

  std::size_t n_cells() const { return n_cells_; }

  /// Sets a value of a cell, at a position of the further dimensions.
  void set(std::string const& name, std::size_t cell, std::vector<std::string> const& further,
           std::size_t position, double value, std::string const& long_name,
           std::string const& units = "1") {
    auto [entry, is_new] = places_.emplace(name, table_.arrays.size());
    if (is_new) {
      NamedArray array{name, table_.axes, {}, long_name, units};
      std::size_t size = n_cells_;
      for (std::string const& dimension : further) {
        array.dimensions.push_back(dimension);
        size *= table_.size(dimension);
      }
      array.values.assign(size, no_value);
      table_.arrays.push_back(std::move(array));
    }
    auto& values = table_.arrays[entry->second].values;
    values[cell * (values.size() / n_cells_) + position] = value;
  }

  /// The same of text over the axes.
  void set_text(std::string const& name, std::size_t cell, std::string const& value,
                std::string const& long_name) {
    auto [entry, is_new] = text_places_.emplace(name, table_.texts.size());
    if (is_new)
      table_.texts.push_back({name, table_.axes, std::vector<std::string>(n_cells_), long_name});
    table_.texts[entry->second].values[cell] = value;
  }

 private:
  SweepTable& table_;
  std::size_t n_cells_ = 1;
  std::map<std::string, std::size_t> places_, text_places_;
};

/// Collects one cell after another.
class Collector {
 public:
  Collector(fs::path const& folder, Sweep const& sweep, std::vector<std::string> const& per_task)
      : sweep_(sweep), per_task_(per_task), reader_(folder, sweep) {
    add_axes();
    table_.coordinates.push_back(
        {"estimator", "estimator", sweep.base.eval.estimators, "specification of the estimator"});
    table_.coordinates.push_back(
        {"status", "status", status_words(), "how an estimator ended on a task"});
    if (!per_task.empty()) add_numbers("task", 0, most_tasks(), "id of the evaluation task");
    std::int64_t const most = most_iterations();
    if (most > 0) add_numbers("iteration", 0, most + 1, "iterations done by the restart kept");
  }

  CollectedSweep collect(fs::path const& folder) {
    GridArrays arrays(table_);
    for (std::size_t const cell : reading_order()) add_cell(arrays, cell);
    add_curves(arrays);
    add_states(folder, arrays.n_cells());
    for (auto const& version : reader_.versions())
      table_.program_versions += (table_.program_versions.empty() ? "" : ", ") + version;
    table_.header.run_id = sweep_.base.run.name;
    table_.header.config_text = sweep_text(sweep_);
    CollectedSweep result{std::move(table_), reader_.warnings()};
    result.warnings.insert(result.warnings.end(), warnings_.begin(), warnings_.end());
    if (reader_.versions().size() > 1)
      result.warnings.push_back("the results are of several versions of the program: " +
                                result.table.program_versions);
    return result;
  }

 private:
  static std::vector<std::string> status_words() {
    std::vector<std::string> words;
    for (auto const word : enum_names<FitStatus>) words.emplace_back(word);
    return words;
  }

  void add_axes() {
    for (auto const& coordinates : sweep_dimensions(sweep_)) {
      table_.axes.push_back(coordinates[0].name);
      table_.coordinates.insert(table_.coordinates.end(), coordinates.begin(), coordinates.end());
    }
  }

  void add_numbers(std::string const& name, std::int64_t first, std::int64_t n,
                   std::string const& long_name) {
    NamedCoordinate coordinate{name, name, {}, long_name};
    for (std::int64_t i = 0; i < n; ++i) coordinate.values.push_back(std::to_string(first + i));
    table_.coordinates.push_back(std::move(coordinate));
  }

  std::int64_t most_tasks() const {
    std::int64_t most = 0;
    for (std::size_t cell = 0; cell < sweep_.cells.size(); ++cell)
      most = std::max(most, sweep_.evaluation_of(cell).eval.tasks);
    return most;
  }

  std::int64_t most_iterations() const {
    std::int64_t most = 0;
    for (std::size_t cell = 0; cell < sweep_.cells.size(); ++cell)
      most = std::max(most, std::int64_t{sweep_.evaluation_of(cell).eval.trace});
    return most;
  }

  /// Cells with the same files one after another.
  std::vector<std::size_t> reading_order() const {
    std::vector<std::pair<std::string, std::size_t>> keyed;
    for (std::size_t cell = 0; cell < sweep_.cells.size(); ++cell)
      keyed.emplace_back(baseline_file(sweep_, cell).string(), cell);
    std::sort(keyed.begin(), keyed.end());
    std::vector<std::size_t> order;
    for (auto const& [file, cell] : keyed) order.push_back(cell);
    return order;
  }

  /// Place of a cell in the full grid.
  std::size_t place_of(std::size_t cell) const {
    std::size_t place = 0;
    for (std::size_t a = 0; a < sweep_.axes.size(); ++a)
      place = place * sweep_.axes[a].values.size() + sweep_.cells[cell][a];
    return place;
  }

  void add_cell(GridArrays& arrays, std::size_t cell) {
    std::size_t const place = place_of(cell);
    add_closed_forms(arrays, cell, place);
    CellResults const results = reader_.read(cell);
    if (results.training) add_training(arrays, place, *results.training);
    auto const& tables = results.evaluations;
    if (results.are_complete) complete_.insert(cell);
    if (tables.empty()) return;
    if (tables.size() > 1 && !have_same_tasks(*tables[0], *tables[1])) {
      warnings_.push_back("the model and the baselines of " + sweep_.text_of(cell) +
                          " have not met the same tasks; the cell has no values");
      return;
    }
    add_tasks(arrays, place, *tables[0]);
    auto const reference = reference_errors(tables);
    for (Evaluation const* const table : tables)
      for (std::size_t e = 0; e < table->estimators.size(); ++e)
        add_estimator(arrays, place, *table, e, reference);
  }

  void add_closed_forms(GridArrays& arrays, std::size_t cell, std::size_t place) const {
    auto const exact = closed_forms(sweep_.evaluation_of(cell).task);
    arrays.set("bayes_error_exact", place, {}, 0, exact ? exact->bayes_error : no_value,
               "exact Bayes error, labels as named; NaN where it has no closed form");
    arrays.set("minimax_rate", place, {}, 0, exact ? exact->minimax_rate : no_value,
               "exp(-separation^2 / 8), the exponent of the minimax error");
  }

  void add_training(GridArrays& arrays, std::size_t place, RunRecord const& record) {
    arrays.set_text("run_id", place, record.header.run_id, "the training");
    auto const& starts = record.header.provenance;
    arrays.set_text("program_version", place, starts.empty() ? "" : starts.back().program_version,
                    "version of the program that did the last start");
    arrays.set("steps_done", place, {}, 0, static_cast<double>(record.steps_done),
               "training steps done");
    arrays.set("training_seconds", place, {}, 0, record.training_seconds,
               "wall-clock time of the training", "s");
    std::size_t const n = record.steps.size();
    Moments last;
    for (std::size_t i = n - (n + 9) / 10; i < n; ++i) last.add(record.steps[i].error_mean);
    arrays.set("training_error_mean", place, {}, 0, last.mean(),
               "error of the model on its training tasks, mean over the last tenth of the steps");
    if (!record.learning_curve.empty())
      curves_.push_back({place, record.learning_curve, record.training_seconds, record.steps_done});
  }

  static void add_tasks(GridArrays& arrays, std::size_t place, Evaluation const& table) {
    arrays.set("tasks", place, {}, 0, static_cast<double>(table.n_tasks()), "evaluation tasks");
    auto const add = [&](std::string const& name, std::vector<double> const& values,
                         std::string const& long_name) {
      Moments const moments = moments_of(values);
      arrays.set(name + "_mean", place, {}, 0, moments.mean(), long_name + ", mean over tasks");
      arrays.set(name + "_standard_error", place, {}, 0, moments.standard_error(),
                 "standard error of " + name + "_mean over tasks");
    };
    add("bayes_error_raw", table.bayes_error_raw, "error of the MAP rule, labels as named");
    add("bayes_error", table.bayes_error, "error of the MAP rule, minimum over permutations");
  }

  /// The errors that others are compared with: the Transformer's, where there is one.
  std::vector<double> reference_errors(std::vector<Evaluation const*> const& tables) const {
    auto const& estimators = sweep_.base.eval.estimators;
    std::string const& reference = estimators[reference_of(estimators)];
    for (Evaluation const* const table : tables)
      for (std::size_t e = 0; e < table->estimators.size(); ++e)
        if (table->estimators[e] == reference) return table->row(table->error, e);
    return {};
  }

  void add_estimator(GridArrays& arrays, std::size_t place, Evaluation const& table, std::size_t e,
                     std::vector<double> const& reference) {
    auto const& known = sweep_.base.eval.estimators;
    auto const found = std::find(known.begin(), known.end(), table.estimators[e]);
    if (found == known.end()) return;
    auto const at = static_cast<std::size_t>(found - known.begin());
    auto const set = [&](std::string const& name, double value, std::string const& long_name,
                         std::string const& units = "1") {
      arrays.set(name, place, {"estimator"}, at, value, long_name, units);
    };
    for (EvaluationMetric const& metric : evaluation_metrics) {
      auto const values = table.row(table.*metric.values, e);
      Moments const moments = moments_of(values);
      std::string const name = metric.name;
      set(name + "_mean", moments.mean(), std::string(metric.long_name) + ", mean over tasks",
          metric.units);
      set(name + "_standard_error", moments.standard_error(),
          "standard error of " + name + "_mean over tasks", metric.units);
      set(name + "_count", static_cast<double>(moments.count), "tasks in " + name + "_mean");
      if (is_wanted_per_task(name)) add_tasks_of(arrays, place, at, metric, values);
    }
    if (!reference.empty()) {
      auto const difference = paired_difference(table.row(table.error, e), reference);
      set("error_difference_mean", difference.mean,
          "error - that of the Transformer (or of the first estimator) on the same tasks, mean");
      set("error_difference_standard_error", difference.standard_error,
          "standard error of error_difference_mean over tasks");
    }
    add_counts(arrays, place, table, e, at);
    for (std::size_t i = 0; i < table.n_iterations(); ++i)
      add_trace(arrays, place, table, e, at, i);
  }

  bool is_wanted_per_task(std::string const& metric) const {
    return std::find(per_task_.begin(), per_task_.end(), metric) != per_task_.end();
  }

  void add_tasks_of(GridArrays& arrays, std::size_t place, std::size_t at,
                    EvaluationMetric const& metric, std::vector<double> const& values) const {
    std::size_t const n_tasks = table_.size("task");
    for (std::size_t t = 0; t < values.size(); ++t)
      arrays.set(metric.name, place, {"estimator", "task"}, at * n_tasks + t, values[t],
                 metric.long_name, metric.units);
  }

  void add_counts(GridArrays& arrays, std::size_t place, Evaluation const& table, std::size_t e,
                  std::size_t at) const {
    auto const total = [&](std::vector<int> const& counts) {
      auto const row = table.row(counts, e);
      return static_cast<double>(std::accumulate(row.begin(), row.end(), std::int64_t{0}));
    };
    auto const n = static_cast<double>(table.n_tasks());
    arrays.set("iterations_mean", place, {"estimator"}, at, total(table.iterations) / n,
               "iterations over all restarts, mean over tasks");
    arrays.set("collapsed_restarts", place, {"estimator"}, at, total(table.collapsed_restarts),
               "restarts that ended with a variance at the floor, over all tasks");
    arrays.set("dead_components", place, {"estimator"}, at, total(table.dead_components),
               "components that were started again, over all tasks");
    std::vector<double> counts(enum_names<FitStatus>.size());
    for (int const status : table.row(table.status, e)) ++counts[static_cast<std::size_t>(status)];
    for (std::size_t s = 0; s < counts.size(); ++s)
      arrays.set("status_count", place, {"estimator", "status"}, at * counts.size() + s, counts[s],
                 "tasks that ended with the status");
  }

  void add_trace(GridArrays& arrays, std::size_t place, Evaluation const& table, std::size_t e,
                 std::size_t at, std::size_t iteration) const {
    std::size_t const position = at * table_.size("iteration") + iteration;
    std::size_t const source = e * table.n_iterations() + iteration;
    auto const set = [&](std::string const& name, double value, std::string const& long_name) {
      arrays.set(name, place, {"estimator", "iteration"}, position, value, long_name);
    };
    set("trace_error_mean", table.trace_error_mean[source],
        "misclustering error after so many iterations, mean over tasks; NaN without iterations");
    set("trace_error_standard_error", table.trace_error_standard_error[source],
        "its standard error over tasks");
    set("trace_log_likelihood_mean", table.trace_log_likelihood_mean[source],
        "mean log-likelihood per point after so many iterations, mean over tasks (nats)");
  }

  /// Learning curves over all steps that any of them has.
  void add_curves(GridArrays& arrays) {
    std::map<std::int64_t, std::size_t> steps;
    for (Curve const& curve : curves_)
      for (CurveRecord const& point : curve.points) steps[point.step] = 0;
    if (steps.empty()) return;
    NamedCoordinate coordinate{"step", "step", {}, "training steps done"};
    for (auto& [step, position] : steps) {
      position = coordinate.values.size();
      coordinate.values.push_back(std::to_string(step));
    }
    table_.coordinates.push_back(coordinate);
    for (Curve const& curve : curves_)
      for (CurveRecord const& point : curve.points) {
        auto const set = [&](std::string const& name, double value, std::string const& long_name,
                             std::string const& units = "1") {
          arrays.set(name, curve.place, {"step"}, steps[point.step], value, long_name, units);
        };
        set("learning_curve_error_mean", point.error_mean,
            "error of the model on evaluation tasks while it trains, mean over tasks");
        set("learning_curve_error_standard_error", point.error_standard_error,
            "its standard error over tasks");
        double const share = curve.steps_done > 0 ? static_cast<double>(point.step) /
                                                        static_cast<double>(curve.steps_done)
                                                  : no_value;
        set("learning_curve_seconds", share * curve.seconds,
            "wall-clock time of the training until then, at its mean speed", "s");
      }
  }

  /// How far the cells are: finished when all results are there; else as their runs are.
  void add_states(fs::path const& folder, std::size_t n_cells) {
    auto const runs = runs_of(sweep_);
    SweepStates states(sweep_, runs, folder);
    std::map<std::string, std::size_t> run_of;
    for (std::size_t run = 0; run < runs.size(); ++run) run_of[runs[run].id] = run;
    for (auto const word : enum_names<RunState>) table_.state_names.emplace_back(word);
    table_.state_names.emplace_back("left_out");
    table_.states.assign(n_cells, static_cast<std::int8_t>(table_.state_names.size() - 1));
    std::int64_t n_finished = 0;
    for (std::size_t cell = 0; cell < sweep_.cells.size(); ++cell) {
      RunState state = RunState::finished;
      if (!complete_.contains(cell)) {
        for (auto const& id : {training_folder(sweep_, cell).string(),
                               baseline_file(sweep_, cell).parent_path().string()})
          if (!id.empty()) state = std::max(state, states.look_at(run_of[id]).state);
        // A run that says so, but has a file that cannot be read.
        if (state == RunState::finished) state = RunState::unfinished;
      }
      table_.states[place_of(cell)] = static_cast<std::int8_t>(state);
      n_finished += state == RunState::finished ? 1 : 0;
    }
    auto const n_asked = static_cast<std::int64_t>(sweep_.cells.size());
    table_.counts = {{"cells", static_cast<std::int64_t>(n_cells)},
                     {"cells_left_out", static_cast<std::int64_t>(n_cells) - n_asked},
                     {"cells_finished", n_finished},
                     {"cells_not_finished", n_asked - n_finished}};
  }

  struct Curve {
    std::size_t place;
    std::vector<CurveRecord> points;
    double seconds;
    std::int64_t steps_done;
  };

  Sweep const& sweep_;
  std::vector<std::string> per_task_;
  ResultReader reader_;
  SweepTable table_;
  std::vector<Curve> curves_;
  std::set<std::size_t> complete_;  // cells with all their results
  std::vector<std::string> warnings_;
};

}  // namespace

CollectedSweep collect(fs::path const& folder, Sweep const& sweep,
                       std::vector<std::string> const& per_task) {
  return Collector(folder, sweep, per_task).collect(folder);
}

}  // namespace tvem
