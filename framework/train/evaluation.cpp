#include "tvem/train/evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "tvem/core/error.hpp"
#include "tvem/core/interruption.hpp"
#include "tvem/metrics/clustering.hpp"
#include "tvem/metrics/statistics.hpp"
#include "tvem/tasks/partition.hpp"
#include "tvem/train/evaluation_rows.hpp"
#include "tvem/train/model_fit.hpp"
#include "tvem/train/stop_vote.hpp"

namespace tvem {
namespace {

class StopWatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

std::vector<EstimatorSpec> parse_estimators(Settings const& settings) {
  std::vector<EstimatorSpec> specs;
  std::vector<std::string> problems;
  for (std::string const& text : settings.eval.estimators) {
    try {
      specs.push_back(parse_estimator(text, settings.em));
      specs.back().em.trace = settings.eval.trace;
      for (auto const& problem : estimator_problems(specs.back(), settings))
        problems.push_back(problem);
    } catch (ConfigurationError const& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  for (std::string& problem : problems) problem = "eval.estimators: " + problem;
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return specs;
}

std::vector<std::string> domain_problems(Settings const& trained, Settings const& asked) {
  std::vector<std::string> problems;
  auto const range_text = [](Range<int> const& range) {
    return std::to_string(range.low) + (range.is_fixed() ? "" : ".." + std::to_string(range.high));
  };
  auto const& own = trained.task;
  if (asked.task.dim.high > own.dim.high)
    problems.push_back("task.dim = " + range_text(asked.task.dim) + ": the model takes points of " +
                       "at most " + std::to_string(own.dim.high) + " coordinates");
  if (asked.task.components.low < own.components.low ||
      asked.task.components.high > own.components.high)
    problems.push_back("task.components = " + range_text(asked.task.components) +
                       ": the model was made for " + range_text(own.components) + " components");
  bool const has_guess = trained.input.init != InitKind::none;
  if (has_guess != (asked.input.init != InitKind::none))
    problems.push_back("input.init = " + std::string(name_of(asked.input.init)) +
                       (has_guess ? ": the model needs an initial guess; choose random, kmeans++, "
                                    "spectral or corrupted"
                                  : ": the model takes no initial guess; choose none"));
  return problems;
}

namespace {

[[noreturn]] void throw_stopped() {
  throw StoppedOnRequest("stopped on request in the evaluation, which begins anew");
}

/// A rank's work on parts that may take long, each of which it may leave in its middle. Having left
/// one it does no more, and votes to stop.
class Parts {
 public:
  explicit Parts(std::function<bool()> const& wants_stop) {
    if (wants_stop) wants_stop_ = [&] { return is_interrupted_ || wants_stop(); };
  }
  std::function<bool()> const& wants_stop() const { return wants_stop_; }
  bool is_interrupted() const { return is_interrupted_; }
  /// Collective. Whether a rank has left a part, in the end.
  bool are_left(Communicator const& comm) const { return comm.max(is_interrupted_ ? 1 : 0) == 1; }
  template <class Part>
  void work(Part const& part) {
    if (is_interrupted_) return;
    Interruptible const interruptible(wants_stop_);
    try {
      part();
    } catch (Interrupted const&) {
      is_interrupted_ = true;
    }
  }

 private:
  std::function<bool()> wants_stop_;
  bool is_interrupted_ = false;
};

/// The model with the settings of its input on other tasks: the form of the training's, the guess
/// of the evaluation's.
std::optional<EvaluatedModel> with_guess_of(std::optional<EvaluatedModel> const& model,
                                            InputSettings const& input) {
  if (!model) return std::nullopt;
  EvaluatedModel result = *model;
  result.settings.input.init = input.init;
  result.settings.input.corruption = input.corruption;
  return result;
}

Fit fit_of(EstimatorSpec const& spec, EvaluationItem const& item, Settings const& settings,
           Task const& task, std::optional<EvaluatedModel> const& model,
           InstructionSet instruction_set) {
  if (needs_model(spec.method)) {
    TVEM_CHECK(model.has_value(), spec.text + " needs a model");
    Fit const fit = fit_of_model(model->settings, model->transformer, task, settings.eval.seed,
                                 Purpose::evaluation_tasks);
    return fit_after_model(spec, settings, task, fit, instruction_set);
  }
  Restarts const restarts{.seed = settings.eval.seed,
                          .task_id = task.id,
                          .count = item.n_restarts,
                          .first = item.first_restart};
  return run_baseline(spec, settings, task, instruction_set, restarts);
}

}  // namespace

Evaluation evaluate(Settings const& settings, Communicator const& comm, Transformer<float>& model,
                    InstructionSet instruction_set, EvaluationHooks const& hooks) {
  return evaluate(settings, comm, EvaluatedModel{settings, model}, instruction_set, hooks);
}

Evaluation evaluate(Settings const& settings, Communicator const& comm,
                    std::optional<EvaluatedModel> const& of_training,
                    InstructionSet instruction_set, EvaluationHooks const& hooks) {
  auto const model = with_guess_of(of_training, settings.input);
  auto const specs = parse_estimators(settings);
  auto const items = evaluation_items(specs);
  TaskPrior const prior(settings.task);
  int const n_iterations = settings.eval.trace > 0 ? settings.eval.trace + 1 : 0;
  EvaluationRows rows(static_cast<std::size_t>(n_iterations));
  Parts parts(hooks.wants_stop);
  StopVote stop(comm, parts.wants_stop());
  Task task;
  RowMatrix held_out;
  for (std::int64_t id = 0; id < settings.eval.tasks; ++id) {
    bool is_sampled = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (stop.is_passed()) throw_stopped();
      // In turn by task and item, so that every rank has as much of every estimator.
      if ((id + static_cast<std::int64_t>(i)) % comm.size() != comm.rank()) continue;
      parts.work([&] {
        if (!is_sampled) {
          prior.sample(settings.eval.seed, Purpose::evaluation_tasks,
                       static_cast<std::uint64_t>(id), task);
          held_out = sample_held_out(settings.eval.seed, task);
          is_sampled = true;
        }
        if (i == 0) rows.add_task(task);
        StopWatch const watch;
        Fit const fit =
            fit_of(specs[items[i].estimator], items[i], settings, task, model, instruction_set);
        rows.add_fit(task, held_out, items[i], fit, watch.seconds());
      });
    }
    if (hooks.progress && comm.is_root() && !parts.is_interrupted())
      hooks.progress(id + 1, settings.eval.tasks);
  }
  if (parts.are_left(comm)) throw_stopped();
  return rows.gather(comm, specs);
}

std::optional<CurveRecord> evaluate_curve_point(Settings const& settings, Communicator const& comm,
                                                Transformer<float>& model, std::int64_t step,
                                                std::function<bool()> const& wants_stop) {
  TaskPrior const prior(settings.task);
  std::int64_t const n_tasks = std::min(settings.train.evaluate_tasks, settings.eval.tasks);
  IndexRange const share = share_of_rank(n_tasks, comm.rank(), comm.size());
  std::int64_t const largest_share = (n_tasks + comm.size() - 1) / comm.size();
  Parts parts(wants_stop);
  StopVote stop(comm, parts.wants_stop());
  std::vector<double> errors;
  for (std::int64_t i = 0; i < largest_share; ++i) {
    if (stop.is_passed()) return std::nullopt;
    std::int64_t const id = share.begin + i;
    if (id >= share.end) continue;
    parts.work([&] {
      Task const task = prior.sample(settings.eval.seed, Purpose::evaluation_tasks,
                                     static_cast<std::uint64_t>(id));
      Fit const fit =
          fit_of_model(settings, model, task, settings.eval.seed, Purpose::evaluation_tasks);
      errors.push_back(clustering_error(task.labels, fit.labels, task.components()));
    });
  }
  if (parts.are_left(comm)) return std::nullopt;
  Moments const moments = moments_of(comm.gather(errors));
  return CurveRecord{
      .step = step, .error_mean = moments.mean(), .error_standard_error = moments.standard_error()};
}

}  // namespace tvem
