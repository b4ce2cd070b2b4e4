#include "experiments/run/kept_evaluation.hpp"

#include <chrono>
#include <cstdlib>

#include "experiments/report/formatting.hpp"
#include "experiments/report/output.hpp"
#include "experiments/report/progress.hpp"
#include "experiments/run/provenance.hpp"
#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

/// Bytes of an evaluation's arrays (io/SCHEMA.md).
double bytes_of(Settings const& settings) {
  constexpr double of_task = 8 + 3 * 4 + 2 * 8;
  constexpr double of_result = 8 * std::size(evaluation_metrics) + 3 * 4 + 1;
  return static_cast<double>(settings.eval.tasks) *
         (of_task + of_result * static_cast<double>(settings.eval.estimators.size()));
}

std::string size_text(double bytes) {
  return bytes < 1e9 ? format("%.0f MB", 1e-6 * bytes) : format("%.3g GB", 1e-9 * bytes);
}

std::string count_text(std::int64_t count, std::string const& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Why the disk has no room for an evaluation of which so many tasks are done; empty when it has.
/// For a moment its blocks and its file are there both.
std::string disk_problem(Settings const& settings, fs::path const& file, std::int64_t n_done) {
  fs::path folder = fs::absolute(file).parent_path();
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  std::error_code unknown;
  fs::space_info const space = fs::space(folder, unknown);
  double const share = static_cast<double>(n_done) / static_cast<double>(settings.eval.tasks);
  double const bytes = bytes_of(settings) * (2 - share);
  if (unknown || bytes <= static_cast<double>(space.available)) return "";
  return "eval.tasks = " + std::to_string(settings.eval.tasks) + " with " +
         count_text(static_cast<std::int64_t>(settings.eval.estimators.size()), "estimator") +
         " takes " + size_text(bytes) + " of disk until it is done, and " + folder.string() +
         " has " + size_text(static_cast<double>(space.available)) +
         "; give fewer tasks or another folder";
}

/// Says once, after a second, what is to come, when it is much.
class Forecast {
 public:
  Forecast(Settings const& settings, std::int64_t n_done) : settings_(settings), first_(n_done) {}

  /// The text, at the moment when it is due; else empty.
  std::string text(std::int64_t done) {
    std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - start_;
    if (is_said_ || elapsed.count() < 1) return "";
    is_said_ = true;
    double const left_s = elapsed.count() * static_cast<double>(settings_.eval.tasks - done) /
                          static_cast<double>(done - first_);
    if (left_s < 60 && bytes_of(settings_) < 1e8) return "";
    return "evaluation of " + count_text(settings_.eval.tasks, "task") + " by " +
           count_text(static_cast<std::int64_t>(settings_.eval.estimators.size()), "estimator") +
           ": about " + duration_text(left_s) + ", and " + size_text(bytes_of(settings_)) +
           " on the disk; what is done is kept when it is stopped\n";
  }

 private:
  Settings const& settings_;
  std::int64_t first_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool is_said_ = false;
};

/// In builds with tests: TVEM_TEST_BLOCK_MS milliseconds a block, rather than a minute.
BlockLimits block_limits() {
  BlockLimits limits;
#ifdef TVEM_TEST_HOOKS
  if (char const* const ms = std::getenv("TVEM_TEST_BLOCK_MS"))
    limits.seconds = 1e-3 * std::atoi(ms);
#endif
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
    if (!blocks_->notice().empty()) say(comm_, "note: " + blocks_->notice() + "\n");
    n_done_ = blocks_->n_done();
  });
  n_done_ = comm_.max(n_done_);
}

InstructionSet KeptEvaluation::instruction_set(InstructionSet own) const {
  std::string const stored = comm_.broadcast(
      n_done_ > 0 && comm_.is_root() ? blocks_->starts().back().instruction_set : "");
  if (stored.empty() || stored == name_of(own)) return own;
  for (InstructionSet const set : {InstructionSet::portable, InstructionSet::avx2})
    if (set < own && name_of(set) == stored) return set;
  say(comm_, "note: " + count_text(n_done_, "task") +
                 " of the evaluation have been computed with " + stored +
                 " instructions, which not all ranks have; with " + std::string(name_of(own)) +
                 " it goes on, but its bits will differ from an uninterrupted one\n");
  return own;
}

void KeptEvaluation::evaluate(std::optional<EvaluatedModel> const& model,
                              InstructionSet instruction_set, FileHeader header, Voice voice,
                              WorkHooks const& hooks) {
  bool const is_shown = voice == Voice::aloud && comm_.is_root();
  check_disk(comm_, settings_, file_, n_done_);
  if (n_done_ > 0 && comm_.is_root()) {
    if (is_shown)
      say(comm_, "the evaluation goes on from task " + std::to_string(n_done_) + "\n" +
                     other_build_note(blocks_->starts()));
    auto starts = blocks_->starts();
    starts.push_back(header.provenance.back());
    header.provenance = std::move(starts);
  }
  header_ = std::move(header);
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
  evaluate_in_blocks(settings_, comm_, model, instruction_set, std::move(start), take, watch,
                     block_limits());
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
