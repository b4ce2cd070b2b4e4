#include "experiments/run/evaluation/kept_evaluation.hpp"

#include <chrono>

#include "experiments/report/formatting.hpp"
#include "experiments/report/output.hpp"
#include "experiments/report/progress.hpp"
#include "experiments/run/provenance.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "io/durable/test_value.hpp"

namespace tvem {
namespace {

double bytes_of(Settings const& settings) {
  double of_task = sizeof(std::int64_t), of_result = 0;
  for (EvaluationColumn const& column : evaluation_columns) {
    double const bytes = column.words ? 1 : column.values.index() == 0 ? 8 : 4;
    (column.over == Over::tasks ? of_task : of_result) += bytes;
  }
  return as_real(settings.eval.tasks) *
         (of_task + of_result * as_real(std::ssize(settings.eval.estimators)));
}

std::string size_text(double bytes) {
  return bytes < 1e9 ? fmt::format("{:.0f} MB", 1e-6 * bytes)
                     : fmt::format("{:.3g} GB", 1e-9 * bytes);
}

/// Says why the disk has no room; empty when it has. n_done: tasks that are on it. For a moment it
/// holds both the blocks and the file.
std::string disk_problem(Settings const& settings, fs::path const& file, std::int64_t n_done) {
  fs::path folder = fs::absolute(file).parent_path();
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  std::error_code ignored;
  fs::space_info const space = fs::space(folder, ignored);
  double const bytes = bytes_of(settings) * (2 - ratio(n_done, settings.eval.tasks));
  double const available = as_real(space.available);
  if (ignored || bytes <= available) return "";
  return fmt::format(
      "eval.tasks = {} with {} takes {} of disk until it is done, and {} has {}; give fewer tasks "
      "or another folder",
      settings.eval.tasks, count_text(std::ssize(settings.eval.estimators), "estimator"),
      size_text(bytes), folder, size_text(available));
}

/// Announces long or large work, once and after a second.
class Forecast {
 public:
  Forecast(Settings const& settings, std::int64_t n_done) : settings_(settings), first_(n_done) {}

  std::string text(std::int64_t done) {
    std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - start_;
    if (is_said_ || elapsed.count() < 1) return "";
    is_said_ = true;
    double const left_s = elapsed.count() * ratio(settings_.eval.tasks - done, done - first_);
    if (left_s < 60 && bytes_of(settings_) < 1e8) return "";
    return fmt::format(
        "evaluation of {} by {}: about {}, and {} on the disk; what is done is kept when it is "
        "stopped\n",
        count_text(settings_.eval.tasks, "task"),
        count_text(std::ssize(settings_.eval.estimators), "estimator"), duration_text(left_s),
        size_text(bytes_of(settings_)));
  }

 private:
  Settings const& settings_;
  std::int64_t first_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool is_said_ = false;
};

BlockLimits block_limits() {
  BlockLimits limits;
  std::int64_t const ms = test_value("TVEM_TEST_BLOCK_MS", -1);
  if (ms >= 0) limits.seconds = 1e-3 * as_real(ms);
  return limits;
}

}  // namespace

void check_disk(Communicator const& comm, Settings const& settings, fs::path const& file,
                std::int64_t n_done) {
  on_root(comm, [&] {
    std::string const problem = disk_problem(settings, file, n_done);
    if (!problem.empty()) throw ConfigurationError(problem);
  });
}

KeptEvaluation::KeptEvaluation(Communicator const& comm, fs::path const& file, std::string identity,
                               Settings const& settings)
    : comm_(comm), file_(file), identity_(std::move(identity)), settings_(settings) {
  on_root(comm_, [&] {
    blocks_.emplace(file, identity_, settings.eval.tasks);
    remove_left_over_writes(blocks_->folder());
    if (!blocks_->notice().empty()) say(comm_, fmt::format("note: {}\n", blocks_->notice()));
    n_done_ = blocks_->n_done();
  });
  n_done_ = comm_.max(n_done_);
}

/// Of rank 0. Puts the starts that did the kept tasks before this one.
void KeptEvaluation::go_on(bool is_shown) {
  if (n_done_ == 0) return;
  auto starts = blocks_->starts();
  if (is_shown)
    say(comm_,
        fmt::format("the evaluation goes on from task {}\n{}", n_done_, other_build_note(starts)));
  starts.push_back(header_.provenance.back());
  header_.provenance = std::move(starts);
}

void KeptEvaluation::evaluate(EvaluationInput input, FileHeader header, Voice voice,
                              WorkHooks const& hooks) {
  bool const is_shown = voice == Voice::aloud && comm_.is_root();
  check_disk(comm_, settings_, file_, n_done_);
  header_ = std::move(header);
  if (comm_.is_root()) go_on(is_shown);
  Progress progress("evaluation, tasks of rank 0:", is_shown, n_done_);
  Forecast forecast(settings_, n_done_);
  EvaluationHooks const watch{.progress =
                                  [&](std::int64_t done, std::int64_t total) {
                                    if (is_shown) progress.say(forecast.text(done));
                                    progress.show(done, total, "");
                                    if (hooks.on_alive) hooks.on_alive();
                                  },
                              .wants_stop = hooks.wants_stop};
  auto const take = [&](EvaluationBlock block) {
    blocks_->add(std::move(block), header_, hooks.may_replace);
  };
  EvaluationStart start{.n_tasks = n_done_, .trace_sums = {}};
  if (comm_.is_root()) start.trace_sums = blocks_->trace_sums();
  evaluate_in_blocks(settings_, comm_, input, std::move(start), take, watch, block_limits());
}

EvaluationSource KeptEvaluation::source(EvaluationSummary& summary) const {
  EvaluationSource const kept = blocks_->source();
  auto const give = [kept, &summary](std::function<void(Evaluation const&)> const& take) {
    kept.give_tables([&](Evaluation const& table) {
      summary.add(table);
      take(table);
    });
  };
  return {.n_tasks = kept.n_tasks, .give_tables = give};
}

}  // namespace tvem
