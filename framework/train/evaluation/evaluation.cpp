#include "framework/train/evaluation/evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/interruption.hpp"
#include "framework/core/text.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/metrics/statistics.hpp"
#include "framework/tasks/partition.hpp"
#include "framework/train/evaluation/evaluation_rows.hpp"
#include "framework/train/evaluation/vote.hpp"
#include "framework/train/model_fit.hpp"

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

/// A rank's work on parts that may take long. It may leave a part in its middle; then it does no
/// more and votes to stop.
class Parts {
 public:
  explicit Parts(std::function<bool()> const& wants_stop) {
    if (wants_stop) wants_stop_ = [&] { return is_interrupted_ || wants_stop(); };
  }
  bool want_stop() const { return wants_stop_ && wants_stop_(); }
  bool is_interrupted() const { return is_interrupted_; }
  /// Collective. Whether any rank has left a part.
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

Fit fit_of(EstimatorSpec const& spec, EvaluationItem const& item, Settings const& settings,
           Task const& task, std::optional<EvaluatedModel> const& model,
           ExternalFit const& external) {
  if (spec.is_external()) {
    TVEM_CHECK(external, spec.text + " has no program");
    return external(spec, task);
  }
  if (spec.needs_model()) {
    TVEM_CHECK(model.has_value(), spec.text + " needs a model");
    Fit const fit = fit_in_best_orientation(
        model->settings, model->transformer, task, family_of(settings.task, task.family),
        settings.eval.seed, Purpose::evaluation_tasks, spec.em.orientations);
    return fit_after_model(spec, settings, task, fit);
  }
  Restarts const restarts{.seed = settings.eval.seed,
                          .task_id = task.id,
                          .count = item.n_restarts,
                          .first = item.first_restart};
  return run_baseline(spec, settings.task, settings.input, task, restarts);
}

/// The blocks of an evaluation: decides when one ends, and takes what is whole by then.
class Blocks {
 public:
  Blocks(Communicator const& comm, EvaluationStart start, BlockLimits const& limits)
      : comm_(comm), n_taken_(start.n_tasks), sums_(std::move(start.trace_sums)), limits_(limits) {}

  /// Whether this rank wants the block to end.
  bool is_full(EvaluationRows const& rows) const {
    double const limit = std::max(limits_.seconds, whole_time_.seconds() / 100);
    return rows.bytes() * comm_.size() > limits_.bytes ||
           (comm_.is_root() && block_time_.seconds() > limit);
  }

  /// Collective. Takes the tasks that all ranks have done. n_whole: that this rank has done.
  void end(EvaluationRows& rows, std::vector<EstimatorSpec> const& specs, std::int64_t n_whole,
           TakeBlock const& take) {
    std::int64_t const whole = comm_.min(n_whole);
    EvaluationBlock block = rows.take(comm_, specs, whole, sums_);
    if (block.table.n_tasks() > 0) {
      sums_ = block.trace_sums;
      take(std::move(block));
    }
    n_taken_ = whole;
    block_time_ = {};
  }
  std::int64_t n_taken() const { return n_taken_; }

 private:
  Communicator const& comm_;
  std::int64_t n_taken_;
  TraceSums sums_;  // of rank 0
  BlockLimits limits_;
  StopWatch whole_time_, block_time_;
};

/// An evaluation on its way, task after task. Ranks share the items of each task.
class BlockwiseEvaluation {
 public:
  BlockwiseEvaluation(Settings const& settings, Communicator const& comm,
                      EvaluationInput const& input, EvaluationStart start, TakeBlock const& take,
                      EvaluationHooks const& hooks, BlockLimits const& limits)
      : settings_(settings),
        comm_(comm),
        input_(input),
        model_(input.model, settings),
        take_(take),
        hooks_(hooks),
        specs_(parse_estimators(settings)),
        items_(evaluation_items(specs_)),
        prior_(settings.task),
        rows_(settings.eval.trace > 0 ? settings.eval.trace + 1 : 0, family_names(settings.task)),
        n_whole_(start.n_tasks),
        blocks_(comm, std::move(start), limits),
        parts_(hooks.wants_stop),
        vote_(comm, wish_, period_of(limits)) {}

  /// Collective.
  void run() {
    std::int64_t const n_tasks = settings_.eval.tasks;
    for (std::int64_t id = n_whole_; id < n_tasks; ++id) {
      bool const is_block_over = do_share(id);
      if (!parts_.is_interrupted()) n_whole_ = id + 1;
      if (is_block_over) end_block(id + 1, false);
      if (hooks_.progress && comm_.is_root() && !parts_.is_interrupted())
        hooks_.progress(id + 1, n_tasks);
    }
    end_block(n_tasks, false);
  }

 private:
  static std::chrono::milliseconds period_of(BlockLimits const& limits) {
    return std::chrono::milliseconds(std::lround(1e3 * std::min(1.0, limits.seconds)));
  }

  Wish wish() const {
    if (parts_.want_stop()) return Wish::stop;
    return blocks_.is_full(rows_) ? Wish::end_block : Wish::go_on;
  }

  /// Collective. Does this rank's items of a task. Returns whether a rank wants the block to end.
  bool do_share(std::int64_t id) {
    bool is_block_over = false;
    for (int i = 0; i < count_of(items_); ++i) {
      Wish const result = vote_.result();
      if (result == Wish::stop) end_block(id, true);
      is_block_over = is_block_over || result == Wish::end_block;
      if (rank_of(id, i) == comm_.rank()) parts_.work([&] { do_item(id, i); });
    }
    return is_block_over;
  }

  /// In turn by task and item, so that every rank has as much of every estimator. Rank 0 alone has
  /// the answers of programs.
  std::int64_t rank_of(std::int64_t id, int i) const {
    return specs_[items_[i].estimator].is_external() ? 0 : (id + i) % comm_.size();
  }

  Fit fit(EvaluationItem const& item) const {
    return fit_of(specs_[item.estimator], item, settings_, task_, model_.model(), input_.external);
  }

  void do_item(std::int64_t id, int i) {
    if (sampled_id_ != id) sample(id);
    EvaluationItem const& item = items_[i];
    if (i == 0) rows_.add_task(task_);
    StopWatch const watch;
    Fit const result = fit(item);
    double const seconds = result.external_seconds.value_or(watch.seconds());
    rows_.add_fit(task_, held_out_, item, result, seconds, reference_labels_);
  }

  /// The task, and what is compared with all fits on it. Every rank does the reference anew: it
  /// then needs no other rank's labels.
  void sample(std::int64_t id) {
    if (input_.tasks)
      input_.tasks(id, task_);
    else
      prior_.sample(settings_.eval.seed, Purpose::evaluation_tasks, id, task_);
    held_out_ = sample_held_out(settings_.eval.seed, task_);
    for (std::size_t e = 0; e < specs_.size(); ++e)
      if (specs_[e].text == settings_.eval.reference)
        reference_labels_ = fit({e, 0, specs_[e].restarts()}).labels;
    sampled_id_ = id;
  }

  /// Collective. Ends the block before task `id`. Throws where a rank has left a task before it, or
  /// wants to stop.
  void end_block(std::int64_t id, bool is_stop) {
    blocks_.end(rows_, specs_, n_whole_, take_);
    if (blocks_.n_taken() == id && !is_stop) return;
    throw StoppedOnRequest(fmt::format(
        "stopped on request in the evaluation, after {} of {} tasks; what is done is kept",
        blocks_.n_taken(), settings_.eval.tasks));
  }

  Settings const& settings_;
  Communicator const& comm_;
  EvaluationInput const& input_;
  AdaptedModel model_;
  TakeBlock const& take_;
  EvaluationHooks const& hooks_;
  std::vector<EstimatorSpec> specs_;
  std::vector<EvaluationItem> items_;
  TaskPrior prior_;
  EvaluationRows rows_;
  std::int64_t n_whole_;  // tasks of which this rank has done its part
  Blocks blocks_;
  Parts parts_;
  std::function<Wish()> wish_ = [this] { return wish(); };
  Vote vote_;
  Task task_;
  RowMatrix held_out_;
  std::vector<int> reference_labels_;  // of eval.reference on the task
  std::int64_t sampled_id_ = -1;
};

double validation_error(Settings const& settings, Transformer<float>& model, TaskPrior const& prior,
                        std::int64_t id) {
  constexpr auto purpose = Purpose::validation_tasks;
  Task const task = prior.sample(settings.eval.seed, purpose, id);
  Fit const fit = fit_of_model(settings, model, task, settings.eval.seed, purpose);
  return clustering_error(task.labels, fit.labels, task.components());
}

}  // namespace

void evaluate_in_blocks(Settings const& settings, Communicator const& comm,
                        EvaluationInput const& input, EvaluationStart start, TakeBlock const& take,
                        EvaluationHooks const& hooks, BlockLimits const& limits) {
  BlockwiseEvaluation(settings, comm, input, std::move(start), take, hooks, limits).run();
}

Evaluation evaluate(Settings const& settings, Communicator const& comm,
                    std::optional<EvaluatedModel> const& model, EvaluationHooks const& hooks) {
  EvaluationBlock whole;
  constexpr BlockLimits unlimited{.bytes = std::numeric_limits<std::size_t>::max(),
                                  .seconds = std::numeric_limits<double>::infinity()};
  evaluate_in_blocks(
      settings, comm, {.model = model, .tasks = {}, .external = {}}, {},
      [&](EvaluationBlock block) { whole = std::move(block); }, hooks, unlimited);
  set_trace(whole.table, whole.trace_sums);
  return std::move(whole.table);
}

Evaluation evaluate(Settings const& settings, Communicator const& comm, Transformer<float>& model,
                    EvaluationHooks const& hooks) {
  return evaluate(settings, comm, EvaluatedModel{settings, model}, hooks);
}

std::optional<CurveRecord> evaluate_curve_point(Settings const& settings, Communicator const& comm,
                                                Transformer<float>& model, std::int64_t step,
                                                std::function<bool()> const& wants_stop) {
  TaskPrior const prior(settings.task);
  std::int64_t const n_tasks = settings.train.evaluate_tasks;
  IndexRange const share = share_of_rank(n_tasks, comm.rank(), comm.size());
  std::int64_t const largest_share = (n_tasks + comm.size() - 1) / comm.size();
  Parts parts(wants_stop);
  std::function<Wish()> const wish = [&] { return parts.want_stop() ? Wish::stop : Wish::go_on; };
  Vote vote(comm, wish);
  std::vector<double> errors;
  for (std::int64_t i = 0; i < largest_share; ++i) {
    if (vote.result() == Wish::stop) return std::nullopt;
    std::int64_t const id = share.begin + i;
    if (id >= share.end) continue;
    parts.work([&] { errors.push_back(validation_error(settings, model, prior, id)); });
  }
  if (parts.are_left(comm)) return std::nullopt;
  Moments const moments = moments_of(comm.gather(errors));
  return CurveRecord{
      .step = step, .error_mean = moments.mean(), .error_standard_error = moments.standard_error()};
}

}  // namespace tvem
