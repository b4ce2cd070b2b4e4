#include "io/evaluation_group.hpp"

#include <numeric>
#include <optional>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

std::vector<std::string> dimensions_of(EvaluationColumn const& column) {
  if (column.over == Over::tasks) return {"task"};
  return {"estimator", "task"};
}

template <class Work>
void for_all_columns(Work const& work) {
  for_columns(Over::tasks, work);
  for_columns(Over::results, work);
}

/// Writes one table after another into the arrays of evaluation_columns. Writes over estimator what
/// can be merged: sum, sum of squares, counts.
class EvaluationWriter {
 public:
  EvaluationWriter(Hdf5Group const& root, Evaluation const& first, std::size_t n_tasks)
      : group_(root.create_group("evaluation")),
        n_tasks_(n_tasks),
        moments_(evaluation_metrics.size() * first.estimators.size()) {
    group_.write_coordinate("estimator", first.estimators, {"specification of the estimator", ""});
    group_.create_coordinate<std::int64_t>("task", n_tasks,
                                           {"id of the evaluation task, under eval.seed", ""});
    for_all_columns([&]<class T>(EvaluationColumn const& column, std::vector<T> Evaluation::*) {
      create<T>(column, first);
    });
  }

  void add(Evaluation const& table) {
    part("task", table.task_ids);
    for_all_columns([&](EvaluationColumn const& column, auto values) {
      if (column.words)
        part(column.name, std::vector<std::int8_t>((table.*values).begin(), (table.*values).end()));
      else
        part(column.name, table.*values);
    });
    for (std::size_t m = 0; m < evaluation_metrics.size(); ++m) add_moments(m, table);
    n_done_ += table.n_tasks();
    trace_.estimators = table.estimators;
    for (TraceColumn const& column : trace_columns) trace_.*column.values = table.*column.values;
  }

  void finish() {
    TVEM_CHECK(n_done_ == n_tasks_, "the evaluation has lost a task");
    for (std::size_t m = 0; m < evaluation_metrics.size(); ++m) write_moments(m);
    if (trace_.n_iterations() > 0) write_trace();
  }

 private:
  template <class T>
  void create(EvaluationColumn const& column, Evaluation const& first) {
    Hdf5Description const description{column.long_name, column.units};
    if (!column.words) return group_.create<T>(column.name, dimensions_of(column), description);
    group_.create<std::int8_t>(column.name, dimensions_of(column), description);
    group_.set_member_attribute(column.name, "flag_meanings", joined(first.*column.words, " "));
  }
  template <class T>
  void part(char const* name, std::vector<T> const& values) {
    group_.write_part(name, n_done_, std::span(values));
  }
  void add_moments(std::size_t metric, Evaluation const& table) {
    auto const& values = table.*evaluation_metrics[metric].values;
    for (std::size_t i = 0; i < values.size(); ++i)
      moments_[metric * table.estimators.size() + i / table.n_tasks()].add(values[i]);
  }
  template <class T>
  void write_of_moments(std::size_t metric, T Moments::*member, std::string const& name,
                        Hdf5Description const& description) {
    std::size_t const n_estimators = trace_.estimators.size();
    std::vector<T> values;
    for (std::size_t e = 0; e < n_estimators; ++e)
      values.push_back(moments_[metric * n_estimators + e].*member);
    group_.write(name, values, {"estimator"}, description);
  }
  void write_moments(std::size_t metric) {
    std::string const name = evaluation_metrics[metric].name,
                      units = evaluation_metrics[metric].units;
    write_of_moments(metric, &Moments::sum, name + "_sum", {"sum over tasks of " + name, units});
    write_of_moments(
        metric, &Moments::square_sum, name + "_square_sum",
        {fmt::format("sum over tasks of {} squared", name), units == "1" ? "1" : units + "2"});
    write_of_moments(metric, &Moments::count, name + "_count",
                     {fmt::format("number of tasks in {}_sum", name)});
    write_of_moments(metric, &Moments::n_nan, name + "_nan_count",
                     {"number of tasks without a value of " + name});
  }
  void write_trace() {
    std::vector<std::int64_t> iterations(trace_.n_iterations());
    std::iota(iterations.begin(), iterations.end(), std::int64_t{0});
    group_.write_coordinate("iteration", iterations,
                            {"iterations done by the restart that was kept"});
    for (TraceColumn const& column : trace_columns)
      group_.write(column.name, trace_.*column.values, {"estimator", "iteration"},
                   {column.long_name});
  }

  Hdf5Group group_;
  std::size_t n_tasks_, n_done_ = 0;
  std::vector<Moments> moments_;  // [metric * estimators + estimator]
  Evaluation trace_;              // of the last table, and its estimators
};

/// Reads the arrays of evaluation_columns, all of the size that estimator and task say.
class EvaluationReader {
 public:
  explicit EvaluationReader(StoredGroup const& group) : group_(group) {
    table_.estimators = group.read<std::string>("estimator");
    table_.task_ids = group.read<std::int64_t>("task");
    group.check(!table_.estimators.empty() && !table_.task_ids.empty(),
                "there is no estimator, or no task");
  }

  Evaluation read() {
    for_all_columns(
        [&](EvaluationColumn const& column, auto values) { read_column(column, table_.*values); });
    if (group_.has("trace_error_mean")) read_trace();
    return std::move(table_);
  }

 private:
  std::vector<std::size_t> shape_of(EvaluationColumn const& column) const {
    if (column.over == Over::tasks) return {table_.n_tasks()};
    return {table_.estimators.size(), table_.n_tasks()};
  }
  void read_column(EvaluationColumn const& column, std::vector<double>& values) {
    if (column.is_in_old_files || group_.has(column.name))
      values = group_.read<double>(column.name, shape_of(column));
    else
      values.assign(table_.estimators.size() * table_.n_tasks(), std::nan(""));
  }
  void read_column(EvaluationColumn const& column, std::vector<int>& values) {
    if (column.words)
      read_words(column, values);
    else
      values = group_.read<int>(column.name, shape_of(column));
  }
  void read_words(EvaluationColumn const& column, std::vector<int>& values) {
    auto& words = table_.*column.words;
    if (column.words == &Evaluation::family_names && !group_.has(column.name)) {
      // Files of schema versions up to 3 have no families.
      values.assign(table_.n_tasks(), 0);
      words = {"none"};
      return;
    }
    words = split(group_.member_text_attribute(column.name, "flag_meanings"), ' ');
    for (int const position : group_.read<std::int8_t>(column.name, shape_of(column))) {
      group_.check(position >= 0 && position < std::ssize(words),
                   fmt::format("{} {} has no word in flag_meanings", column.name, position));
      values.push_back(position);
    }
  }
  void read_trace() {
    std::size_t const n = group_.read<std::int64_t>("iteration").size();
    group_.check(n > 0, "the trace has no iterations");
    for (TraceColumn const& column : trace_columns)
      table_.*column.values = group_.read<double>(column.name, {table_.estimators.size(), n});
  }

  StoredGroup const& group_;
  Evaluation table_;
};

}  // namespace

EvaluationSource source_of(Evaluation const& table) {
  return {.n_tasks = table.n_tasks(), .give_tables = [&table](auto const& take) { take(table); }};
}

void write_evaluation(Hdf5Group const& root, EvaluationSource const& evaluation) {
  std::optional<EvaluationWriter> writer;
  evaluation.give_tables([&](Evaluation const& table) {
    if (!writer) writer.emplace(root, table, evaluation.n_tasks);
    writer->add(table);
  });
  TVEM_CHECK(writer.has_value(), "an evaluation without tasks");
  writer->finish();
}

Evaluation read_evaluation(StoredGroup const& root) {
  StoredGroup const group = root.open_group("evaluation");
  return EvaluationReader(group).read();
}

}  // namespace tvem
