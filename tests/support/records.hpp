#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "io/checkpoint_file.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {

// Small records for tests of files, and all that is in one as text, to compare.

inline FileHeader some_header() {
  return {.run_id = "test",
          .config_text = "[task]\ndim = 3\n",
          .created_utc = "2026-01-02T03:04:05Z",
          .provenance = {{"2026", "alpha", 3, "0.1", "abc", "gcc", "lib", "avx2", "tvem run"}}};
}

inline Checkpoint some_checkpoint(std::int64_t step) {
  Checkpoint checkpoint{
      .header = some_header(), .training_identity = "id", .layout = {}, .state = {}};
  checkpoint.layout.add("a.weight", 4, 5);
  TrainingState& state = checkpoint.state;
  for (auto* values :
       {&state.parameters, &state.optimizer.first_moment, &state.optimizer.second_moment})
    values->assign(20, static_cast<float>(step));
  state.step = state.optimizer.n_updates = step;
  state.chunk = 4;
  for (std::int64_t s = 0; s < step; ++s) state.steps.push_back({s, 1, 0.5, 1e-3, 2, -40});
  state.learning_curve = {{0, 0.5, 0.01}, {step, 0.25, 0.005}};
  return checkpoint;
}

inline Evaluation some_evaluation() {
  Evaluation table;
  table.estimators = {"transformer", "em"};
  table.task_ids = {0, 1};
  table.components = table.dim = table.points = {2, 3};
  table.family = {0, 1};
  table.family_names = {"light", "heavy"};
  table.bayes_error_raw = table.bayes_error = {0.1, 0.2};
  for (EvaluationMetric const& metric : evaluation_metrics)
    table.*metric.values = {0.1, 0.2, 0.3, 0.4};
  table.iterations = table.collapsed_restarts = table.dead_components = {0, 0, 7, 8};
  table.status = {0, 0, 0, 1};
  table.status_names = {"converged", "not_converged"};
  table.trace_error_mean = table.trace_error_standard_error =
      table.trace_log_likelihood_mean = {0.5, 0.25, 0.125, 0.5};
  return table;
}

inline RunRecord some_run() {
  RunRecord record;
  record.header = some_header();
  record.training_identity = record.evaluation_identity = "id";
  record.steps_total = 9;
  record.steps_done = 7;
  record.chunk = 4;
  record.steps = some_checkpoint(7).state.steps;
  record.learning_curve = some_checkpoint(7).state.learning_curve;
  record.evaluation = some_evaluation();
  return record;
}

// ---- all that was read, as text

template <class Values>
void add(std::string& text, Values const& values) {
  for (auto const& value : values) {
    std::ostringstream one;
    one << std::hexfloat << value << ' ';
    text += one.str();
  }
}

inline std::string text_of(FileHeader const& header) {
  std::string text = header.run_id + header.config_text + header.created_utc;
  for (ProvenanceRecord const& start : header.provenance)
    text += start.started_utc + start.host + std::to_string(start.ranks) + start.program_version +
            start.git_revision + start.build + start.libraries + start.instruction_set +
            start.command;
  return text;
}

inline std::string text_of(Evaluation const& table) {
  std::string text;
  add(text, table.estimators);
  add(text, table.task_ids);
  for (auto const* values :
       {&table.components, &table.dim, &table.points, &table.family, &table.iterations,
        &table.collapsed_restarts, &table.dead_components, &table.status})
    add(text, *values);
  for (auto const* values : {&table.bayes_error, &table.bayes_error_raw, &table.trace_error_mean,
                             &table.trace_error_standard_error, &table.trace_log_likelihood_mean})
    add(text, *values);
  for (EvaluationMetric const& metric : evaluation_metrics) add(text, table.*metric.values);
  add(text, table.status_names);
  add(text, table.family_names);
  return text;
}

inline std::string text_of(std::vector<StepRecord> const& steps,
                           std::vector<CurveRecord> const& curve) {
  std::string text;
  for (StepRecord const& s : steps)
    add(text, std::vector<double>{static_cast<double>(s.step), s.loss_mean, s.error_mean, s.rate,
                                  s.gradient_norm, static_cast<double>(s.quantum_exponent)});
  for (CurveRecord const& c : curve)
    add(text,
        std::vector<double>{static_cast<double>(c.step), c.error_mean, c.error_standard_error});
  return text;
}

inline std::string text_of(Checkpoint const& checkpoint) {
  TrainingState const& state = checkpoint.state;
  std::string text = text_of(checkpoint.header) + checkpoint.training_identity +
                     text_of(state.steps, state.learning_curve);
  add(text, state.parameters);
  add(text, state.optimizer.first_moment);
  add(text, state.optimizer.second_moment);
  add(text, state.optimizer.average);
  for (ParameterView const& view : checkpoint.layout.views()) text += view.name;
  add(text,
      std::vector<double>{static_cast<double>(state.step), static_cast<double>(state.chunk),
                          static_cast<double>(state.optimizer.n_updates), state.training_seconds});
  return text;
}

inline std::string text_of(RunRecord const& record) {
  std::string text = text_of(record.header) + record.training_identity +
                     record.evaluation_identity + text_of(record.steps, record.learning_curve);
  add(text, std::vector<double>{static_cast<double>(record.steps_done),
                                static_cast<double>(record.steps_total),
                                static_cast<double>(record.chunk), record.training_seconds});
  return text + (record.evaluation ? text_of(*record.evaluation) : "");
}

inline std::string text_of(EvaluationRecord const& record) {
  return text_of(record.header) + record.evaluation_identity + text_of(record.evaluation) +
         (record.model ? record.model->run_id + record.model->training_identity +
                             record.model->config_text + std::to_string(record.model->steps_done)
                       : "");
}

}  // namespace tvem
