#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/estimators/estimator.hpp"
#include "framework/records/evaluation.hpp"
#include "framework/records/training.hpp"
#include "framework/train/evaluation/evaluated_model.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// The specifications of eval.estimators. Throws ConfigurationError with all problems at once.
std::vector<EstimatorSpec> parse_estimators(Settings const& settings);

/// Called on rank 0 from time to time. done: the tasks of which it has done its part.
using EvaluationProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// The fit of a specification that names a program (EstimatorSpec::is_external) on a task.
using ExternalFit = std::function<Fit(EstimatorSpec const& spec, Task const& task)>;

/// What an evaluation works with besides its settings; each may be none.
struct EvaluationInput {
  std::optional<EvaluatedModel> model;  // for estimators that need it
  GiveTask tasks;                       // for tasks that are not drawn from the prior
  ExternalFit external;                 // on rank 0, for programs
};

/// How an evaluation is watched; each may be none.
struct EvaluationHooks {
  EvaluationProgress progress;
  std::function<bool()> wants_stop;  // asked on every rank now and then; one that wants is enough
};

/// How far an evaluation is already.
struct EvaluationStart {
  std::int64_t n_tasks = 0;
  TraceSums trace_sums;  // of rank 0
};

/// When a block ends: whatever comes first.
struct BlockLimits {
  std::size_t bytes = std::size_t{1} << 24;  // of all ranks' results, about
  double seconds = 60;                       // or a hundredth of the time so far, if that is more
};

/// Takes a block on rank 0, which then has to keep it.
using TakeBlock = std::function<void(EvaluationBlock block)>;

/// Says why a model with the settings `trained` cannot work on the tasks of `asked`, one sentence
/// for each problem. Problems are tasks of more dimensions, another number of components, and a
/// guess that only one of training and evaluation has. Other distributions of tasks are no problem.
std::vector<std::string> domain_problems(Settings const& trained, Settings const& asked);

/// Collective. All estimators on the evaluation tasks start.n_tasks .. eval.tasks - 1. Ranks share
/// tasks, estimators and restarts. Rank 0 gives them to `take` block by block in the order of task
/// ids. Everything but `seconds` is the same bits at any
/// number of ranks and from any start; `seconds` are those of all restarts, as if one rank had done
/// them. Throws StoppedOnRequest on all ranks alike when one of them wants to stop; what is done by
/// then has been taken.
void evaluate_in_blocks(Settings const& settings, Communicator const& comm,
                        EvaluationInput const& input, EvaluationStart start, TakeBlock const& take,
                        EvaluationHooks const& hooks = {}, BlockLimits const& limits = {});

/// Collective. As above, all tasks as one table, on rank 0; the others get an empty one.
Evaluation evaluate(Settings const& settings, Communicator const& comm,
                    std::optional<EvaluatedModel> const& model, EvaluationHooks const& hooks = {});
/// Collective. As above, of a model that was trained with the same settings.
Evaluation evaluate(Settings const& settings, Communicator const& comm, Transformer<float>& model,
                    EvaluationHooks const& hooks = {});

/// Collective. A point of the learning curve: the model on train.evaluate_tasks validation tasks,
/// which are others than those of an evaluation. Only rank 0's record has the errors. wants_stop:
/// as in EvaluationHooks. When one rank wants to stop, no rank gets a record.
std::optional<CurveRecord> evaluate_curve_point(Settings const& settings, Communicator const& comm,
                                                Transformer<float>& model, std::int64_t step,
                                                std::function<bool()> const& wants_stop = {});

}  // namespace tvem
