#include "experiments/run/evaluation/evaluation_job.hpp"

#include "experiments/report/comparison.hpp"
#include "experiments/run/evaluation/kept_evaluation.hpp"
#include "experiments/run/external/external_answers.hpp"
#include "experiments/run/provenance.hpp"
#include "io/evaluation_file.hpp"

namespace tvem {
namespace {

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
  auto const start = this_start(comm.size(), command_line);
  ExternalAnswers const programs(comm, request.settings, request.file, request.tasks, voice, hooks);
  KeptEvaluation kept(comm, request.file, programs.identity_of_rows(identity_of(request)),
                      request.settings);
  EvaluationInput input{.model = requested.model(), .tasks = {}, .external = programs.fit()};
  if (request.tasks) input.tasks = request.tasks->give();
  kept.evaluate(input, header_of(request, start), voice, hooks);
  if (!comm.is_root()) return "";
  make_place(request, hooks);
  EvaluationRecord const record{.header = kept.header(),
                                .evaluation_identity = identity_of(request),
                                .model = origin_of(request.model),
                                .tasks = origin_of(request.tasks),
                                .evaluation = {}};
  EvaluationSummary summary;
  write_evaluation_file(request.file, record, hooks.may_replace, kept.source(summary));
  kept.remove();
  return title_of(record) + evaluation_text(summary, record.header);
}

}  // namespace tvem
