#include "experiments/sweep/results/result_reader.hpp"

#include <algorithm>

#include "experiments/settings/identity.hpp"
#include "framework/estimators/fit.hpp"

namespace tvem {
namespace {

/// Whether the evaluation has the sizes that were asked for and known words for its statuses.
bool has_asked_sizes(Evaluation const& table, EvalSettings const& asked) {
  std::int64_t const n_iterations = table.n_iterations();
  auto const& words = enum_names<FitStatus>;
  return std::ssize(table.task_ids) == asked.tasks &&
         (n_iterations == 0 || n_iterations == asked.trace + 1) &&
         table.status_names.size() <= words.size() &&
         std::equal(table.status_names.begin(), table.status_names.end(), words.begin());
}

}  // namespace

CellResults ResultReader::read(std::size_t index) {
  CellResults results;
  SweepCell const& cell = runs_.cells[index];
  bool const is_model_there =
      !cell.training || read_model(runs_.runs[*cell.training], cell.evaluation, results);
  bool const are_baselines_there =
      !cell.baselines || read_evaluation(runs_.runs[*cell.baselines].evaluations[0],
                                         baselines_file_, baselines_, results);
  results.are_complete = is_model_there && are_baselines_there;
  return results;
}

/// Reads the training and the evaluation of its model. Whether both exist and are whole.
bool ResultReader::read_model(SweepRun const& training, std::optional<std::size_t> evaluation,
                              CellResults& results) {
  fs::path const run_file = fs::path(training.id) / "run.h5";
  if (!load(run_file, training_file_, training_, read_run_file)) return false;
  results.training = &*training_;
  bool const is_trained = training_->steps_done == training_->steps_total;
  if (evaluation)
    return read_evaluation(training.evaluations[*evaluation], model_file_, model_, results) &&
           is_trained;
  SweepEvaluation const own{training.settings, evaluation_identity(training.settings), run_file, 0};
  if (!training_->evaluation || training_->evaluation_identity != own.identity ||
      !is_asked_for(*training_->evaluation, own.identity, own))
    return false;
  results.evaluations.push_back(&*training_->evaluation);
  return is_trained;
}

/// Whether the evaluation exists; adds it to the results.
bool ResultReader::read_evaluation(SweepEvaluation const& asked, fs::path& known,
                                   std::optional<EvaluationRecord>& record, CellResults& results) {
  if (!load(asked.file, known, record, read_evaluation_file) ||
      !is_asked_for(record->evaluation, record->evaluation_identity, asked))
    return false;
  results.evaluations.push_back(&record->evaluation);
  return true;
}

bool ResultReader::is_asked_for(Evaluation const& table, std::string const& identity,
                                SweepEvaluation const& asked) {
  if (identity == asked.identity && has_asked_sizes(table, asked.settings.eval)) return true;
  auto const warning = fmt::format("{} holds another evaluation than its name says; remove it",
                                   (folder_ / asked.file));
  if (warnings_.empty() || warnings_.back() != warning) warnings_.push_back(warning);
  return false;
}

}  // namespace tvem
