#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/setting.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/loss/settings.hpp"
#include "framework/nn/ablation/ablation.hpp"
#include "framework/nn/settings.hpp"
#include "framework/optim/settings.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

enum class ReductionKind { reproducible, fast };
template <>
inline constexpr auto enum_names<ReductionKind> =
    std::array<std::string_view, 2>{"reproducible", "fast"};

/// The keys `run.*`.
struct RunSettings {
  std::uint64_t seed = 1;
  std::string name = "run";
};

/// The keys `train.*`.
struct TrainSettings : OptimizerSettings {
  int tasks_per_step = 64;
  std::int64_t evaluate_every = 0;
  std::int64_t evaluate_tasks = 1024;
  std::int64_t checkpoint_every = 500;
  double checkpoint_minutes = 10;  // on the clock of rank 0
  std::int64_t max_skipped = 10;   // steps in a row that are not finite
};

/// The keys `eval.*`.
struct EvalSettings : Ablation {
  std::int64_t tasks = 4096;
  std::uint64_t seed = 20250201;  // not run.seed: all trainings meet the same test tasks
  std::vector<std::string> estimators{"transformer", "em",    "em:restarts=10",
                                      "lloyd",       "bayes", "chance"};
  std::map<std::string, std::string> programs;  // commands of external estimators, by specification
  int trace = 0;                                // iterations of which the error is recorded
  std::string reference = "none";               // the estimator that `disagreement` is with
  bool are_tasks_given = false;                 // by a file, not drawn. No key
};

/// Whether labels are compared with those of an estimator.
inline bool has_reference(EvalSettings const& settings) { return settings.reference != "none"; }

/// The keys `parallel.*`.
struct ParallelSettings {
  ReductionKind reduction = ReductionKind::reproducible;
  int chunk = 0;  // tasks a chunk; 0: chosen from the other settings, see resolved_chunk
};

/// A section [family.NAME]: keys `task.*` with the values that tasks of the family have.
struct FamilyDefinition {
  std::string name;
  std::vector<std::pair<std::string, std::string>> values;  // by key, as it prints them
};

/// Everything a run is determined by; parsed once, then never changed.
struct Settings {
  std::vector<FamilyDefinition> families;  // that task.family names, or may name
  RunSettings run;
  TaskSettings task;
  InputSettings input;
  ModelSettings model;
  LossSettings loss;
  TrainSettings train;
  EvalSettings eval;
  EmSettings em;
  ParallelSettings parallel;
};

/// Tasks in a chunk: `parallel.chunk`, or the largest power of two that leaves 16 chunks for ranks
/// to share and has at most 512 points, since larger chunks are not faster; at least one. Never
/// depends on the ranks.
int resolved_chunk(Settings const& settings);

/// A row for each of the keys `run.*`, `train.*` (but the optimiser's), `eval.*` (but the
/// ablation's) and `parallel.*`.
std::vector<Setting<RunSettings>> const& run_settings();
std::vector<Setting<TrainSettings>> const& train_settings();
std::vector<Setting<EvalSettings>> const& eval_settings();
std::vector<Setting<ParallelSettings>> const& parallel_settings();

}  // namespace tvem
