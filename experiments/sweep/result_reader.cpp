#include "experiments/sweep/result_reader.hpp"

#include <algorithm>

#include "experiments/settings/identity.hpp"
#include "framework/estimators/fit.hpp"

namespace tvem {

namespace fs = std::filesystem;

namespace {

/// Whether the evaluation has the sizes that were asked for, and known words of its statuses.
bool has_asked_sizes(Evaluation const& table, EvalSettings const& asked) {
  auto const n_iterations = static_cast<std::int64_t>(table.n_iterations());
  auto const& words = enum_names<FitStatus>;
  return static_cast<std::int64_t>(table.n_tasks()) == asked.tasks &&
         (n_iterations == 0 || n_iterations == asked.trace + 1) &&
         table.status_names.size() <= words.size() &&
         std::equal(table.status_names.begin(), table.status_names.end(), words.begin());
}

}  // namespace

CellResults ResultReader::read(std::size_t cell) {
  CellResults results;
  fs::path const model_file = model_evaluation_file(sweep_, cell);
  fs::path const baselines = baseline_file(sweep_, cell);
  if (!model_file.empty()) read_model(cell, model_file, results);
  bool const is_model_there =
      model_file.empty() || (results.evaluations.size() == 1 &&
                             results.training->steps_done == results.training->steps_total);
  bool const are_baselines_there =
      load(baselines, baseline_file_, baselines_, read_evaluation_file) &&
      is_asked_for(baselines_->evaluation, baselines_->evaluation_identity, baselines, cell,
                   baseline_identity(sweep_, cell));
  if (are_baselines_there) results.evaluations.push_back(&baselines_->evaluation);
  results.are_complete = is_model_there && (baselines.empty() || are_baselines_there);
  return results;
}

/// The training, and the evaluation of its model that the cell asks for.
void ResultReader::read_model(std::size_t cell, fs::path const& file, CellResults& results) {
  fs::path const run_file = file.parent_path() / "run.h5";
  if (!load(run_file, training_file_, training_, read_run_file)) return;
  results.training = &*training_;
  if (file != run_file) {
    if (load(file, model_file_, model_, read_evaluation_file) &&
        is_asked_for(model_->evaluation, model_->evaluation_identity, file, cell,
                     model_evaluation_identity(sweep_, cell)))
      results.evaluations.push_back(&model_->evaluation);
    return;
  }
  std::string const asked = evaluation_identity(training_settings(sweep_, cell));
  bool const is_evaluated =
      training_->evaluation && training_->evaluation_identity == asked &&
      is_asked_for(*training_->evaluation, training_->evaluation_identity, file, cell, asked);
  if (is_evaluated) results.evaluations.push_back(&*training_->evaluation);
}

bool ResultReader::is_asked_for(Evaluation const& table, std::string const& identity,
                                fs::path const& file, std::size_t cell, std::string const& asked) {
  if (identity == asked && has_asked_sizes(table, sweep_.evaluation_of(cell).eval)) return true;
  std::string const warning =
      (folder_ / file).string() + " holds another evaluation than its name says; remove it";
  if (warnings_.empty() || warnings_.back() != warning) warnings_.push_back(warning);
  return false;
}

}  // namespace tvem
