#include "experiments/report/join.hpp"

#include "framework/core/error.hpp"

namespace tvem {

bool have_same_tasks(Evaluation const& a, Evaluation const& b) {
  return a.task_ids == b.task_ids && a.points == b.points && a.bayes_error_raw == b.bayes_error_raw;
}

void join(Evaluation& table, Evaluation const& others) {
  if (!have_same_tasks(table, others)) throw Error("two evaluations have not met the same tasks");
  auto const append = [](auto& values, auto const& further) {
    values.insert(values.end(), further.begin(), further.end());
  };
  append(table.estimators, others.estimators);
  if (others.status_names.size() > table.status_names.size())
    table.status_names = others.status_names;
  for_columns(Over::results,
              [&](EvaluationColumn const&, auto values) { append(table.*values, others.*values); });
  for (TraceColumn const& column : trace_columns)
    append(table.*column.values, others.*column.values);
}

}  // namespace tvem
