#include "result_reader.hpp"

#include "tvem/io/identity.hpp"

namespace tvem {

namespace fs = std::filesystem;

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
      is_asked_for(*baselines_, baselines, baseline_identity(sweep_, cell));
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
        is_asked_for(*model_, file, model_evaluation_identity(sweep_, cell)))
      results.evaluations.push_back(&model_->evaluation);
    return;
  }
  bool const is_evaluated =
      training_->evaluation &&
      training_->evaluation_identity == evaluation_identity(training_settings(sweep_, cell));
  if (is_evaluated) results.evaluations.push_back(&*training_->evaluation);
}

bool ResultReader::is_asked_for(EvaluationRecord const& record, fs::path const& file,
                                std::string const& identity) {
  if (record.evaluation_identity == identity) return true;
  std::string const warning =
      (folder_ / file).string() + " holds another evaluation than its name says; remove it";
  if (warnings_.empty() || warnings_.back() != warning) warnings_.push_back(warning);
  return false;
}

}  // namespace tvem
