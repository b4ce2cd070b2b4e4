#include "experiments/run/evaluation/probe_job.hpp"

#include "experiments/report/probe_table.hpp"
#include "experiments/run/provenance.hpp"
#include "io/probe_file.hpp"

namespace tvem {

std::string probe_job(EvaluationRequest const& request, ProbeRequest const& asked,
                      Communicator const& comm, std::string const& command_line) {
  RequestedModel const requested(request, comm);
  auto const start = this_start(comm.size(), command_line);
  Probe const found = probe(request.settings, comm, *requested.model(), asked);
  if (!comm.is_root()) return "";
  ProbeRecord const record{.header = header_of(request, start),
                           .model = *origin_of(request.model),
                           .n_tasks = request.settings.eval.tasks,
                           .n_fit_tasks = asked.fit_tasks,
                           .probe = found};
  write_probe_file(request.file, record);
  return probe_text(record);
}

}  // namespace tvem
