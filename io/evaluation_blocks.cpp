#include "io/evaluation_blocks.hpp"

#include <regex>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/digest.hpp"
#include "io/durable/our_file.hpp"
#include "io/groups.hpp"
#include "io/hdf5/columns.hpp"

namespace tvem {
namespace {

constexpr auto block_file_type = "tvem evaluation block";
constexpr std::size_t digits_of_identity = 10;

fs::path folder_of(fs::path const& file, std::string const& identity) {
  return file.string() + ".blocks-" + identity.substr(0, digits_of_identity);
}

bool is_block(fs::path const& file) {
  static std::regex const pattern(R"(tasks-[0-9]{12}\.h5)");
  return std::regex_match(file.filename().string(), pattern) && has_seal(file);
}

constexpr std::tuple moments_columns{
    Column{"sum", &Moments::sum, "sum over tasks"},
    Column{"square_sum", &Moments::square_sum, "sum over tasks of the square"},
    Column{"count", &Moments::count, "number of tasks in the sum"},
    Column{"nan_count", &Moments::n_nan, "number of tasks without a value"}};

void write_moments(Hdf5Group const& root, char const* name, std::vector<Moments> const& moments) {
  Hdf5Group const group = root.create_group(name);
  group.write_dimension("estimator_iteration", moments.size());
  write_columns(group, moments, moments_columns, "estimator_iteration");
}

std::vector<Moments> read_moments(StoredGroup const& root, char const* name) {
  return read_columns(root.open_group(name), moments_columns);
}

}  // namespace

EvaluationBlocks::EvaluationBlocks(fs::path const& file, std::string identity, std::int64_t n_tasks)
    : folder_(folder_of(file, identity)), identity_(std::move(identity)), n_tasks_(n_tasks) {
  while (n_done_ < n_tasks_ && fs::exists(fs::symlink_status(block_file(n_done_)))) {
    try {
      EvaluationBlock block = read(block_file(n_done_), n_done_, starts_);
      trace_sums_ = std::move(block.trace_sums);
      first_tasks_.push_back(n_done_);
      n_done_ += block.table.n_tasks();
    } catch (Error const& error) {
      notice_ = fmt::format("{}; the evaluation goes on from task {}", error.what(), n_done_);
      return;
    }
  }
}

fs::path EvaluationBlocks::block_file(std::int64_t first_task) const {
  return folder_ / fmt::format("tasks-{:012}.h5", first_task);
}

EvaluationBlock EvaluationBlocks::read(fs::path const& file, std::int64_t first_task,
                                       std::vector<ProvenanceRecord>& starts) const {
  StoredGroup const root = read_our_file(file);
  FileHeader header = read_header(root, block_file_type, file.string());
  root.check(root.open_group("state").text_attribute("evaluation_identity") == identity_,
             "it is of another evaluation");
  EvaluationBlock block{
      .table = read_evaluation(root),
      .trace_sums = {.error = read_moments(root, "trace_error"),
                     .log_likelihood = read_moments(root, "trace_log_likelihood")}};
  std::int64_t id = first_task;
  for (std::int64_t const task : block.table.task_ids)
    root.check(task == id++ && task < n_tasks_, "its tasks are not those that follow");
  root.check(block.trace_sums.error.size() == block.trace_sums.log_likelihood.size() &&
                 block.trace_sums.error.size() % block.table.estimators.size() == 0,
             "its sums of traces are not those of its estimators");
  starts = std::move(header.provenance);
  return block;
}

void EvaluationBlocks::add(EvaluationBlock block, FileHeader const& header,
                           MayReplace const& may_replace) {
  std::int64_t const first = n_done_, n = block.table.n_tasks();
  TVEM_CHECK(n > 0 && block.table.task_ids[0] == first && first + n <= n_tasks_,
             "a block of other tasks than those that follow");
  trace_sums_ = block.trace_sums;
  n_done_ += n;
  if (is_whole()) {
    last_ = std::move(block);
    return;
  }
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw Error(fmt::format("{}: the folder cannot be made: {}", folder_, error.message()));
  auto const fill = [&](Hdf5Group const& root) {
    write_header(root, block_file_type, header);
    root.create_group("state").set_attribute("evaluation_identity", identity_);
    write_evaluation(root, source_of(block.table));
    write_moments(root, "trace_error", block.trace_sums.error);
    write_moments(root, "trace_log_likelihood", block.trace_sums.log_likelihood);
  };
  write_our_file(block_file(first), {}, fill, may_replace);
  first_tasks_.push_back(first);
}

EvaluationSource EvaluationBlocks::source() const {
  TVEM_CHECK(is_whole(), "an evaluation that lacks tasks");
  auto const give = [this](std::function<void(Evaluation const&)> const& take) {
    std::vector<ProvenanceRecord> ignored;
    for (std::size_t i = 0; i < first_tasks_.size(); ++i) {
      Evaluation table = read(block_file(first_tasks_[i]), first_tasks_[i], ignored).table;
      bool const is_last = !last_ && i + 1 == first_tasks_.size();
      if (is_last) set_trace(table, trace_sums_);
      take(table);
    }
    if (!last_) return;
    Evaluation table = last_->table;
    set_trace(table, trace_sums_);
    take(table);
  };
  std::size_t const n_tasks = n_tasks_;
  return {.n_tasks = n_tasks, .give_tables = give};
}

void EvaluationBlocks::remove(fs::path const& file, std::string const& identity) {
  fs::path const folder = folder_of(file, identity);
  std::error_code ignored;
  remove_left_over_writes(folder);
  for (auto const& entry : fs::directory_iterator(folder, ignored))
    if (is_block(entry.path())) fs::remove(entry.path(), ignored);
  fs::remove(folder, ignored);  // when nothing else is in it
}

}  // namespace tvem
