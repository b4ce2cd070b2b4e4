#include "experiments/run/evaluation_job.hpp"

#include <algorithm>

#include "experiments/report/comparison.hpp"
#include "experiments/run/kept_evaluation.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/identity.hpp"
#include "framework/core/error.hpp"
#include "framework/train/evaluation.hpp"
#include "framework/train/trainer.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {

std::string identity_of(EvaluationRequest const& request) {
  return request.model ? evaluation_identity(request.model->settings, request.settings,
                                             request.model->state.step)
                       : evaluation_identity(request.settings);
}

namespace {

FileHeader header_of(EvaluationRequest const& request, ProvenanceRecord const& start) {
  FileHeader header;
  if (request.model) header = request.model->header;
  header.run_id = request.model ? run_id(request.model->settings) : run_id(request.settings);
  header.config_text = configuration_text(request.settings);
  header.created_utc = now_utc();
  header.provenance.push_back(start);
  return header;
}

std::optional<ModelOrigin> origin_of(std::optional<TrainedModel> const& model) {
  if (!model) return std::nullopt;
  return ModelOrigin{.run_id = run_id(model->settings),
                     .training_identity = training_identity(model->settings),
                     .config_text = configuration_text(model->settings),
                     .steps_done = model->state.step};
}

/// Collective. Throws ConfigurationError where a rank lacks the memory for the largest task.
void check_memory(Communicator const& comm, Settings const& settings,
                  Transformer<float>& transformer) {
  auto const specs = parse_estimators(settings);
  if (std::none_of(specs.begin(), specs.end(), [](auto const& s) { return s.needs_model(); }))
    return;
  int const n = settings.task.points.high;
  auto const problem = memory_problem(n, transformer.bytes_to_infer(n), comm.min(memory_left()));
  if (!problem.empty()) throw ConfigurationError("task.points: " + problem);
}

class RequestedModel {
 public:
  /// Collective.
  RequestedModel(EvaluationRequest const& request, Communicator const& comm) {
    if (!request.model) return;
    Settings const& trained = request.model->settings;
    transformer_.emplace(trained.model, model_domain(trained));
    check_memory(comm, request.settings, *transformer_);
    transformer_->set_parameters(trained_parameters(request.model->state));
    model_.emplace(EvaluatedModel{trained, *transformer_});
  }

  std::optional<EvaluatedModel> const& model() const { return model_; }

 private:
  std::optional<Transformer<float>> transformer_;
  std::optional<EvaluatedModel> model_;
};

/// Of rank 0. Renames another evaluation that somebody has moved here.
void make_place(EvaluationRequest const& request, WorkHooks const& hooks) {
  std::string const present = evaluation_of_file(request.file);
  if (present.empty() || present == identity_of(request)) return;
  if (hooks.may_replace) hooks.may_replace();
  keep_aside(request.file);
}

}  // namespace

std::string evaluation_job(EvaluationRequest const& request, Communicator const& comm,
                           std::string const& command_line, Voice voice, WorkHooks const& hooks) {
  RequestedModel const requested(request, comm);
  KeptEvaluation kept(comm, request.file, identity_of(request), request.settings);
  auto const start = this_start(comm.size(), command_line);
  kept.evaluate(requested.model(), header_of(request, start), voice, hooks);
  if (!comm.is_root()) return "";
  make_place(request, hooks);
  EvaluationRecord const record{.header = kept.header(),
                                .evaluation_identity = identity_of(request),
                                .model = origin_of(request.model),
                                .evaluation = {}};
  EvaluationSummary summary;
  write_evaluation_file(request.file, record, hooks.may_replace, kept.source(summary));
  kept.remove();
  return title_of(record) + evaluation_text(summary, record.header);
}

}  // namespace tvem
